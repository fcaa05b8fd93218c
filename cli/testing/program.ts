import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The built command line. */
export const PROGRAM = `${root}dist/node/main.js`;

/** Builds dist/node if it is out of date; tests of the command line run what users run. */
export function buildProgram(): void {
  const built = spawnSync(process.execPath, [`${root}scripts/build.mjs`, '--only', 'node'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}\n${built.stderr}`);
}

export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `plaquette` to its end. */
export function plaquette(...argv: readonly string[]): Finished {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, out: stdout, err: stderr };
}

export interface Links {
  readonly joinUrl: string;
  readonly audienceUrl: string;
  readonly fingerprint: string;
  readonly port: number;
  readonly resumed: boolean;
  readonly runId: string;
}

export interface RunningRelay {
  readonly child: ChildProcess;
  readonly links: Links;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string | null>;
}

/** Starts `plaquette relay --json ...` and waits for its links. */
export function startRelayProgram(...argv: readonly string[]): Promise<RunningRelay> {
  const child = spawn(process.execPath, [PROGRAM, 'relay', '--json', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString();
      const line = out.split('\n', 1)[0] ?? '';
      if (out.includes('\n')) resolve({ child, ended, links: JSON.parse(line) as Links });
    });
    child.stderr.on('data', (part: Buffer) => {
      err += part.toString();
    });
    void ended.then((code) => reject(new Error(`the relay ended with ${code}: ${err}`)));
  });
}
