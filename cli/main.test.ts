import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { epsilonOf } from '../src/core/learn/dp/accountant.ts';
import type { RunView } from '../src/core/federation/run-view.ts';
import { testFolders } from '../relay/testing/harness.ts';
import { main } from './main.ts';
import { buildProgram, plaquette, PROGRAM, startRelayProgram } from './testing/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'plaquette-cli-'));
const folders = testFolders();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  folders.remove();
});

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(argv, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('plaquette', () => {
  it('lists its commands and explains each', async () => {
    const { code, out } = await run('help');
    expect(code).toBe(0);
    for (const command of ['relay', 'join', 'simulate', 'generate', 'convert', 'dp', 'circuit']) {
      expect(out).toContain(command);
      const help = await run(command, '--help');
      expect(help.code).toBe(0);
      expect(help.out).toContain(`plaquette ${command}`);
      expect((await run('help', command)).out).toBe(help.out);
    }
  });

  it.each([
    [['nonsense'], 'no command "nonsense"'],
    [['toString'], 'no command'],
    [['dp', 'epsilon', '--wat'], '--wat'],
    [['dp', 'epsilon', '--noise', '1'], '--sampling-rate is missing'],
    [['dp', 'delta'], 'expected "epsilon"'],
    [['dp', 'epsilon', '--sampling-rate', '2', '--noise', '1', '--steps', '1', '--delta', '0.1'], 'from 0 to 1'],
    [['dp', 'epsilon', '--sampling-rate', 'x', '--noise', '1', '--steps', '1', '--delta', '0.1'], '"x"'],
    [['dp', 'epsilon', '--sampling-rate', '0.1', '--noise', '1', '--steps', '1', '--delta', '0'], 'between 0 and 1'],
    [['dp', 'epsilon', '--sampling-rate', '0.1', '--noise', '1', '--steps', '1e13', '--delta', '0.1'], '2^40'],
    [['generate'], '--model and --prompt'],
    [['generate', '--model', 'x', '--prompt', 'y', '--logits-at', '1,a'], '--logits-at'],
    [['generate', '--model', 'x', '--prompt', 'y', '--tokens', '1.5'], 'whole number'],
    [['convert', 'gguf', 'x'], 'llama2c'],
    [['relay', '--port', '70000'], 'from 0 to 65535'],
    [['relay', '--tls-cert', 'x'], 'belong together'],
    [['relay', '--public-url', 'ftp://x'], '--public-url'],
    [['relay', '--no-noise', '--noise-multiplier', '1'], 'contradict'],
    [['relay', 'extra'], '"extra"'],
    [['relay', '--epsilon', '0'], 'from 0.001'],
    [['relay', '--epsilon', '-1'], '--epsilon'],
    [['relay', '--name', ''], '--name has 0'],
    [['relay', '--name', 'a'.repeat(121)], 'expected 1 to 120'],
    [['relay', '--demo', '65'], 'from 0 to 64'],
    [['relay', '--deadline-s', '0'], 'from 0.5'],
    [['relay', '--rounds', '0'], 'from 1'],
    [['relay', '--min-participants', 'many'], '"many"'],
    [['simulate', '--tabs', '0'], 'from 1 to 1000'],
    [['simulate', 'now'], '"now"'],
  ])('%j is wrong use: exit code 2, the reason on stderr, nothing on stdout', async (argv, reason) => {
    const { code, out, err } = await run(...argv);
    expect(code).toBe(2);
    expect(err).toContain(reason);
    expect(out).toBe('');
  });

  it('fails with 1 where the use is right and the world is not', async () => {
    const missing = await run('generate', '--model', join(folder, 'no'), '--prompt', 'x');
    expect([missing.code, missing.out]).toEqual([1, '']);
    expect(missing.err).toContain('CLI_MODEL');
    writeFileSync(join(folder, 'short.bin'), 'short');
    const file = join(folder, 'short.bin');
    const converted = await run('convert', 'llama2c', file, '--tokenizer', file, '--out', join(folder, 'out'));
    expect(converted.code).toBe(1);
    expect(converted.err).toContain('MODEL_');
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

describe('plaquette simulate', () => {
  it('repeats itself from the same seed', async () => {
    const argv = ['simulate', '--tabs', '4', '--rounds', '3', '--seed', '42', '--json'];
    const first = await run(...argv);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(JSON.parse(first.out)).toMatchObject({ seed: 42, tabs: 4, finished: true, rounds: { committed: 3 } });
    expect((await run(...argv)).out).toBe(first.out);
    expect((await run(...argv.with(6, '43'))).out).not.toBe(first.out);
  });
});

describe('plaquette dp epsilon', () => {
  const args = ['--sampling-rate', '0.01', '--noise', '1.1', '--steps', '1000', '--delta', '1e-5'];

  it('prints epsilon, accountant and order as JSON', async () => {
    const { code, out } = await run('dp', 'epsilon', ...args, '--json');
    expect(code).toBe(0);
    const result = JSON.parse(out) as { epsilon: number; accountant: string; order: number };
    expect(Object.keys(result)).toEqual(['epsilon', 'accountant', 'order']);
    const direct = epsilonOf([{ samplingRate: 0.01, noiseMultiplier: 1.1, steps: 1000 }], 1e-5);
    expect(direct).toMatchObject({ ok: true, value: result });
    expect(result.epsilon).toBeGreaterThan(0.1);
    expect(result.accountant).toBe('rdp');
  });

  /** By Simpson's rule on 200,001 points in Python, with nothing of this project: the bound at the best order. */
  it.each([
    ['0.01', '1.1', '1000', '1e-5', 1.7117700912],
    ['0.05', '0.8', '300', '1e-6', 11.7423111167],
    ['0.2', '2', '80', '1e-5', 4.890162436],
    ['1', '3', '10', '1e-5', 5.0239497503],
    ['0.004', '0.6', '500', '1e-7', 5.6743650351],
  ])('agrees with an independent quadrature: q %s, noise %s, %s steps', async (q, noise, steps, delta, expected) => {
    const argv = ['--sampling-rate', q, '--noise', noise, '--steps', steps, '--delta', delta, '--json'];
    const { epsilon } = JSON.parse((await run('dp', 'epsilon', ...argv)).out) as { epsilon: number };
    expect(Math.abs(epsilon / expected - 1)).toBeLessThan(1e-8);
  });

  it('says infinite without noise', async () => {
    const { out } = await run('dp', 'epsilon', ...args.with(3, '0'), '--json');
    expect(JSON.parse(out)).toEqual({ epsilon: null, accountant: 'rdp', order: null });
  });
});

/** Makes the certificate of the TLS test; the test is skipped where there is none. */
const OPENSSL = 'openssl';
const MODEL = fileURLToPath(new URL('../public/models/plaquette-1m', import.meta.url));

describe.skipIf(!existsSync(MODEL))('plaquette generate', () => {
  it('writes the same text twice at temperature 0, with the logits that were asked for', async () => {
    const argv = ['generate', '--model', MODEL, '--prompt', 'The', '--tokens', '8', '--temperature', '0'];
    const { code, out } = await run(...argv, '--logits-at', '0,1', '--json');
    expect(code).toBe(0);
    const result = JSON.parse(out) as { tokens: number[]; text: string; logits: Record<string, number[]> };
    const config = JSON.parse(readFileSync(join(MODEL, 'config.json'), 'utf8')) as Record<string, number>;
    expect(result.tokens[0]).toBe(config['bos_token_id']);
    expect(result.tokens.length).toBeLessThanOrEqual(2 + 3 + 8);
    expect(Object.keys(result.logits)).toEqual(['0', '1']);
    expect(result.logits['0']).toHaveLength(config['vocab_size'] ?? 0);
    expect((await run(...argv)).out).toBe(result.text);
  });

  it('gives the keys that were promised: the prompt is in the tokens, and logits at i choose the token after i', async () => {
    const argv = [
      'generate',
      '--model',
      MODEL,
      '--prompt',
      'The mill',
      '--tokens',
      '6',
      '--temperature',
      '0',
      '--json',
    ];
    const { code, out, err } = await run(...argv, '--logits-at', '0,1,2,3,4,5,99');
    expect(code).toBe(0);
    const result = JSON.parse(out) as Record<string, unknown> & { tokens: number[]; logits: Record<string, number[]> };
    expect(Object.keys(result)).toEqual(['tokens', 'text', 'tokensPerSecond', 'logits']);
    expect(String(result['text']).startsWith('The mill')).toBe(true);
    expect(result['tokensPerSecond']).toBeGreaterThan(0);
    const alone = JSON.parse((await run(...argv.with(6, '0'))).out) as { tokens: number[] };
    expect(result.tokens.slice(0, alone.tokens.length)).toEqual(alone.tokens);
    const written = result.tokens.slice(alone.tokens.length);
    expect(written.length).toBeGreaterThan(0);
    written.forEach((token, i) => {
      const row = result.logits[alone.tokens.length - 1 + i];
      if (row !== undefined) expect(row.indexOf(Math.max(...row))).toBe(token);
    });
    expect(result.logits[alone.tokens.length - 1]).toBeDefined();
    expect(err).toContain('No logits at 99');
  });

  it.each([
    ['truncated weights', 'model.safetensors', (b: Buffer) => b.subarray(0, 1_000_000), 'MODEL_TRUNCATED'],
    [
      'another architecture',
      'config.json',
      (b: Buffer) => Buffer.from(b.toString().replace('"llama"', '"gpt2"')),
      'MODEL_ARCHITECTURE',
    ],
    ['a tokenizer that is none', 'tokenizer.json', () => Buffer.from('{}'), 'MODEL_TOKENIZER'],
  ])('refuses a model with %s', async (_name, file, damage, reason) => {
    const damaged = mkdtempSync(join(folder, 'model-'));
    cpSync(MODEL, damaged, { recursive: true });
    writeFileSync(join(damaged, file), damage(readFileSync(join(damaged, file))));
    const { code, out, err } = await run('generate', '--model', damaged, '--prompt', 'x', '--json');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(reason);
  });
});

describe('plaquette relay (the built program)', () => {
  beforeAll(buildProgram, 120_000);
  const fixture = ['--web', folders.web, '--model', 'tiny', '--host', '127.0.0.1'];
  const common = [...fixture, '--port', '0'];

  it('prints its links once it listens, stops within 5 s on SIGTERM and resumes', async () => {
    const data = folders.data('cli');
    const first = await startRelayProgram(...common, '--data', data, '--name', 'Evening', '--rounds', '3');
    const { joinUrl, audienceUrl, fingerprint, port, resumed } = first.links;
    expect(joinUrl).toBe(`http://127.0.0.1:${port}/#k=${fingerprint}`);
    expect([audienceUrl, resumed]).toEqual([`http://127.0.0.1:${port}/audience`, false]);
    const view = (await (await fetch(`http://127.0.0.1:${port}/api/run`)).json()) as Record<string, unknown>;
    expect(view).toMatchObject({ joinUrl, roundsMax: 3, run: { name: 'Evening' } });

    const busy = plaquette('relay', ...common, '--data', data);
    expect([busy.code, busy.out]).toEqual([1, '']);
    expect(busy.err).toContain('RELAY_DATA_IN_USE');
    const taken = plaquette('relay', ...fixture, '--port', String(port), '--data', folders.data('other'));
    expect(taken.code).toBe(1);
    expect(taken.err).toContain('RELAY_PORT_IN_USE');

    const began = performance.now();
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(5000);

    const second = await startRelayProgram(...common, '--data', data);
    expect(second.links).toMatchObject({ resumed: true, fingerprint, runId: first.links.runId });
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
  }, 60_000);

  it('prints exactly the two links on stdout when it is not asked for JSON', async () => {
    const args = ['relay', ...common, '--data', folders.data('links')];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let out = '';
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString();
    });
    await expect.poll(() => out.split('\n').length, { timeout: 30_000 }).toBe(3);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^Join: +http:\/\/127\.0\.0\.1:\d+\/#k=[\w-]{43}$/);
    expect(lines[1]).toMatch(/^Big screen: http:\/\/127\.0\.0\.1:\d+\/audience$/);
  }, 60_000);

  it.skipIf(!existsSync(MODEL))(
    'measures the untrained model in its own thread',
    async () => {
      cpSync(MODEL, join(folders.web, 'models', 'plaquette-1m'), { recursive: true });
      const args = ['--web', folders.web, '--host', '127.0.0.1', '--port', '0', '--data', folders.data('probe')];
      const relay = await startRelayProgram(...args);
      const losses = async () => {
        const view = (await (await fetch(`http://127.0.0.1:${relay.links.port}/api/run`)).json()) as RunView;
        return view.losses;
      };
      await expect.poll(async () => (await losses()).length, { timeout: 30_000 }).toBe(1);
      const [point] = await losses();
      expect(point?.loss).toBeGreaterThan(1);
      expect(point?.loss).toBeLessThan(Math.log(1024) + 1);
      relay.child.kill('SIGTERM');
      expect(await relay.ended).toBe(0);
    },
    60_000,
  );

  it.skipIf(spawnSync(OPENSSL, ['version']).status !== 0)(
    'serves TLS from certificate files',
    async () => {
      const certificate = join(folder, 'cert.pem');
      const key = join(folder, 'key.pem');
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
      const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject];
      expect(spawnSync(OPENSSL, made).status).toBe(0);
      const tls = ['--tls-cert', certificate, '--tls-key', key];
      const relay = await startRelayProgram(...common, ...tls, '--data', folders.data('tls'));
      expect(relay.links.joinUrl).toMatch(/^https:/);
      const status = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
        const options = { host: '127.0.0.1', port: relay.links.port, path: '/healthz', ca: readFileSync(certificate) };
        get(options, (response) => {
          response.resume();
          resolve([response.statusCode, response.headers['strict-transport-security']]);
        }).on('error', reject);
      });
      expect(status).toEqual([200, 'max-age=31536000']);
      relay.child.kill('SIGTERM');
      expect(await relay.ended).toBe(0);
      const broken = plaquette('relay', ...common, '--tls-cert', key, '--tls-key', key, '--data', folders.data('tls'));
      expect([broken.code, broken.out]).toEqual([1, '']);
      expect(broken.err).toContain('RELAY_TLS');
    },
    60_000,
  );

  it('takes the demo participants along when it is killed', async () => {
    const relay = await startRelayProgram(...common, '--data', folders.data('demo'), '--demo', '1');
    const participants = (): string =>
      spawnSync('ps', ['-A', '-o', 'args='], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => line.includes(' join ') && line.includes(relay.links.fingerprint))
        .join('\n');
    await expect.poll(participants, { timeout: 10_000 }).toContain('--count 1');
    relay.child.kill('SIGKILL');
    await relay.ended;
    await expect.poll(participants, { timeout: 5_000 }).toBe('');
  });

  it('takes the two signals that one Ctrl-C under npm makes as one, and stops gracefully', async () => {
    const { child, ended } = await startRelayProgram(...common, '--data', folders.data('twice'));
    child.kill('SIGINT');
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGINT'), 20);
    expect(await ended).toBe(0);
  });

  it('ends at once when somebody presses Ctrl-C again while it waits for an upload', async () => {
    const { child, ended, links } = await startRelayProgram(...common, '--data', folders.data('again'));
    const upload = connect(links.port, '127.0.0.1');
    upload.on('error', () => undefined);
    upload.write('POST /api/updates HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const began = performance.now();
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 700);
    expect(await ended).toBe(130);
    // The upload would have been waited for 2 s.
    expect(performance.now() - began).toBeLessThan(1800);
    upload.destroy();
  });

  it('goes on with the run whatever the options say, and says which of them it does not use', async () => {
    const data = folders.data('options');
    const first = await startRelayProgram(...common, '--data', data, '--rounds', '3', '--noise-multiplier', '2');
    first.child.kill('SIGTERM');
    await first.ended;
    const second = await startRelayProgram(...common, '--data', data, '--rounds', '9', '--no-noise');
    let err = '';
    second.child.stderr?.on('data', (part: Buffer) => {
      err += part.toString();
    });
    const view = (await (await fetch(`http://127.0.0.1:${second.links.port}/api/run`)).json()) as RunView;
    expect([view.roundsMax, view.run.id]).toEqual([3, first.links.runId]);
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(err).toContain('Not used, because the run has begun: --rounds --no-noise');
  });

  it('says what to do about a ledger that is no database', () => {
    const data = folders.data('corrupt');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'ledger.db'), 'this is not a database, but long enough to be read as one'.repeat(99));
    const failed = plaquette('relay', ...common, '--data', data);
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.err).toMatch(/RELAY_LEDGER_CORRUPT/);
    expect(failed.err).toContain('backup');
  });

  it('says what to do when the data folder cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    const failed = plaquette('relay', ...common, '--data', join(folder, 'file', 'data'));
    expect([failed.code, failed.out]).toEqual([1, '']);
    expect(failed.err).toContain('--data');
  });
});
