import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Millis } from '../../src/core/lib/world.ts';
import type { Output } from '../command.ts';

/** Participants on sample text, in one process of their own. */
export interface Demo {
  stop(): Promise<void>;
}

/** Below the relay and below a visitor's browser: the demo takes what is left. */
const NICE = 10;
/** Goodbye and the last write take less; then it is ended. */
const STOP_MS: Millis = 2_000;

/** Runs `plaquette join LINK --count N`; identities and journals in `stateFolder`, so that a second start has the same participants. */
export function startDemo(link: string, participants: number, stateFolder: string, output: Output): Demo {
  const program = fileURLToPath(new URL('main.js', import.meta.url));
  const options = ['--count', String(participants), '--state', stateFolder];
  const child = spawn(process.execPath, [program, 'join', link, ...options], {
    // The channel carries nothing: its end tells the participants that the relay is gone, also after a SIGKILL.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // On this machine a certificate is often made out to another name; the relay proves itself by the pin in the link.
    env: link.startsWith('https:')
      ? { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }
      : process.env,
  });
  let stopping = false;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output.err(`The demo participants could not be started: ${error.message}`);
      resolve();
    });
    child.once('exit', (code) => {
      if (!stopping && code !== 0) output.err(`The demo participants ended with code ${code ?? 'none'}.`);
      resolve();
    });
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  return {
    stop: async () => {
      stopping = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    // Not allowed here: the demo only runs less politely.
  }
}
