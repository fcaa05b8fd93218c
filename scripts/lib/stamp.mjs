// Decides whether a build is up to date: one hash over the content of everything it is made of. Times are not looked at
// (a fresh clone has them all equal, a checkout changes them without a reason).
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const SHARED = [
  'src',
  'wasm/assembly',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/build-wasm.mjs',
  'scripts/lib/precompress.mjs',
];

/** What each half of dist/ is made of, and the file that proves it is there. */
export const PARTS = {
  web: {
    sources: [...SHARED, 'index.html', 'audience.html', 'lab.html', 'workers', 'shaders', 'public', 'vite.config.ts'],
    proof: 'dist/web/index.html',
  },
  node: { sources: [...SHARED, 'relay', 'cli', 'sim'], proof: 'dist/node/main.js' },
};

const stampFile = (part) => join(root, `node_modules/.cache/plaquette/${part}.sha256`);

/** Tests and notes do not end up in the build. */
const isSource = (name) => !/\.(test|contract)\.tsx?$|\.md$|\.tmp$/.test(name);

function files(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .toSorted();
}

function digest(part) {
  const hash = createHash('sha256').update(process.version);
  for (const source of PARTS[part].sources)
    for (const file of files(source)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

export function isUpToDate(part) {
  if (!existsSync(join(root, PARTS[part].proof)) || !existsSync(stampFile(part))) return false;
  return readFileSync(stampFile(part), 'utf8') === digest(part);
}

/** Runs `build` between taking the old stamp away and writing the new one: an interrupted build never looks finished. */
export async function stamped(part, build) {
  rmSync(stampFile(part), { force: true });
  const before = digest(part);
  await build();
  writeFileSync(stampFile(part), before);
}
