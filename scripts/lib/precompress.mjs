// Writes x.br and x.gz next to every text-like file of a folder: compressed once, at the highest level, instead of at every request.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const KINDS = new Set(['.html', '.js', '.css', '.json', '.svg', '.txt', '.wasm', '.wgsl', '.webmanifest']);
/** Below one network packet nothing is gained. */
const BYTES_MIN = 1024;
/** A form that saves less is not worth its place. */
const SAVING_MIN = 0.05;

export async function precompress(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && KINDS.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(names.map(compressFile));
}

async function compressFile(path) {
  const bytes = readFileSync(path);
  if (bytes.length < BYTES_MIN) return;
  const forms = {
    br: await promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
    gz: await promisify(gzip)(bytes, { level: 9 }),
  };
  for (const [ending, form] of Object.entries(forms))
    if (form.length <= bytes.length * (1 - SAVING_MIN)) writeFileSync(`${path}.${ending}`, form);
}
