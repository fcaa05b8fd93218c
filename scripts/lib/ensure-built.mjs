import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';
import { isUpToDate } from './stamp.mjs';

/**
 * Builds the named parts if they are missing or old, in a process of its own: the compiler's memory goes away with it.
 * Standard output belongs to the program, so the build talks on stderr. Ends this process when the build fails.
 */
export function ensureBuilt(parts) {
  for (const part of parts) {
    if (isUpToDate(part)) continue;
    const arguments_ = [join(root, 'scripts/build.mjs'), '--only', part];
    const { status } = spawnSync(process.execPath, arguments_, { cwd: root, stdio: ['ignore', 2, 2] });
    if (status !== 0) process.exit(status ?? 1);
  }
}

/** Runs the built command line in this process, so that signals need no forwarding. */
export async function runBuilt(argv) {
  const { main } = await import(pathToFileURL(join(root, 'dist/node/main.js')).href);
  process.exitCode = await main(argv);
}
