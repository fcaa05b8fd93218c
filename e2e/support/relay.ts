import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunView } from '../../src/core/federation/run-view.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/node/main.js', import.meta.url));

/** A relay of its own for one test: own port, own data folder, killable and restartable. */
export class TestRelay {
  readonly #data = mkdtempSync(join(tmpdir(), 'plaquette-e2e-'));
  readonly #args: readonly string[];
  readonly port: number;
  #child: ChildProcess | null = null;
  #output = '';
  joinUrl = '';

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  static async start(args: readonly string[] = []): Promise<TestRelay> {
    const relay = new TestRelay(await freePort(), args);
    await relay.up();
    return relay;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything the relay printed since the first start. */
  get output(): string {
    return this.#output;
  }

  /** Starts (again) on the same port and data; resolves when the links are printed. */
  async up(): Promise<void> {
    const args = ['relay', '--host', '127.0.0.1', '--port', String(this.port), '--data', this.#data, ...this.#args];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let fresh = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`relay not up after 30 s:\n${fresh}`)), 30_000);
      const read = (chunk: Buffer): void => {
        fresh += chunk.toString();
        this.#output += chunk.toString();
        const link = /https?:\/\/\S+#k=\S+/.exec(fresh)?.[0];
        if (link === undefined) return;
        this.joinUrl = link.replace(/\/\/[^/]+/, `//127.0.0.1:${this.port}`);
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`relay ended with ${code}:\n${fresh}`)));
    });
  }

  /** Ends the process with a signal and waits for its end; resolves with the exit code (null after SIGKILL). */
  async down(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    const code = await ended;
    this.#child = null;
    return code;
  }

  async view(): Promise<RunView> {
    const response = await fetch(`${this.origin}/api/run`, { signal: AbortSignal.timeout(5000) });
    return (await response.json()) as RunView;
  }

  /** Polls the run until `done` holds; fails with the last view in the message. */
  async until(done: (view: RunView) => boolean, what: string, limitMs = 90_000): Promise<RunView> {
    const end = performance.now() + limitMs;
    let last: RunView | null = null;
    while (performance.now() < end) {
      last = await this.view().catch(() => null);
      if (last !== null && done(last)) return last;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${what} did not happen within ${limitMs} ms; last view: ${JSON.stringify(last)?.slice(0, 3000)}`);
  }

  async stop(): Promise<void> {
    await this.down('SIGKILL');
    rmSync(this.#data, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return address.port;
}
