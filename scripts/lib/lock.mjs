// One build at a time in this folder: two programs started together must not write the same files.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './run.mjs';

const cache = join(root, 'node_modules/.cache/plaquette');
const path = join(cache, 'build.lock');
/** A whole build takes about 20 s on two cores. */
const LIMIT_MS = 180_000;

export async function withBuildLock(work) {
  mkdirSync(cache, { recursive: true });
  const started = performance.now();
  while (!take()) {
    if (performance.now() - started > LIMIT_MS)
      throw new Error(`another build has held ${path} for ${LIMIT_MS / 1000} s: stop it, or delete the file`);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take() {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (ownerIsGone()) rmSync(path, { force: true });
    return false;
  }
}

function ownerIsGone() {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    // Empty: the owner is about to write its number.
    if (!(pid > 0)) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
