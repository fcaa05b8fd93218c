import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The program of an installed package, without a shell and without npx. */
export const bin = (name) => `${root}node_modules/.bin/${name}`;

/**
 * Runs a program to its end. Resolves with { code, seconds, output }; never rejects on a non-zero exit.
 * `quiet` keeps the output and prints it only on failure. A step that outlives `limitMs` is killed and counts as failed.
 */
export function run(command, args, { env = {}, quiet = false, limitMs = 15 * 60_000 } = {}) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const finish = (code) => {
      clearTimeout(timer);
      if (quiet && code !== 0) process.stdout.write(output);
      resolve({ code, seconds: (performance.now() - started) / 1000, output });
    };
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    child.on('close', (code, signal) => finish(code ?? (signal === null ? 1 : 128)));
  });
}
