// Builds wasm/build/{kernels,kernels-relaxed}.wasm from wasm/assembly. Skips a module whose sources and options have not changed.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const sourceFolder = new URL('wasm/assembly/', root);
const buildFolder = new URL('wasm/build/', root);

const COMMON = ['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub', '--importMemory', '--use', 'abort='];
/** The host owns the memory and plans it; the modules keep their few constants below 64 KiB (HEAP_BASE in src/engines/wasm/kernels.ts). */
const MODULES = [
  { name: 'kernels', entry: 'index.ts', options: ['--enable', 'simd'] },
  { name: 'kernels-relaxed', entry: 'index.ts', options: ['--enable', 'simd', '--enable', 'relaxed-simd'] },
];

async function digest(options) {
  const compiler = JSON.parse(await readFile(new URL('node_modules/assemblyscript/package.json', root), 'utf8'));
  const hash = createHash('sha256').update(JSON.stringify([compiler.version, options]));
  for (const name of (await readdir(sourceFolder)).sort())
    if (name.endsWith('.ts')) hash.update(name).update(await readFile(new URL(name, sourceFolder)));
  return hash.digest('hex');
}

async function builtFrom(name) {
  try {
    await readFile(new URL(`${name}.wasm`, buildFolder));
    return await readFile(new URL(`${name}.sha256`, buildFolder), 'utf8');
  } catch {
    return undefined;
  }
}

/** Written under another name first: two programs may build at the same time. */
async function place(name, bytes) {
  const draft = new URL(`${name}.${process.pid}.tmp`, buildFolder);
  await writeFile(draft, bytes);
  await rename(draft, new URL(name, buildFolder));
}

async function compile({ name, entry, options }) {
  const asc = (await import('assemblyscript/asc')).default;
  let binary;
  const messages = [];
  const { error } = await asc.main(
    [entry, '--baseDir', fileURLToPath(sourceFolder), '--outFile', 'out.wasm', ...COMMON, ...options],
    {
      stderr: { write: (text) => messages.push(text) },
      writeFile: (_path, contents) => {
        binary = contents;
      },
    },
  );
  if (error) throw new Error(`${name}.wasm does not compile: ${error.message}\n${messages.join('')}`);
  if (!(binary instanceof Uint8Array)) throw new Error(`${name}.wasm: the compiler wrote nothing`);
  return binary;
}

/** Returns what was built and what was up to date, with sizes in bytes. */
export async function buildWasm() {
  await mkdir(buildFolder, { recursive: true });
  const report = [];
  for (const module of MODULES) {
    const wanted = await digest([...COMMON, ...module.options, module.entry]);
    if ((await builtFrom(module.name)) === wanted) {
      report.push({ name: module.name, built: false });
      continue;
    }
    const binary = await compile(module);
    await place(`${module.name}.wasm`, binary);
    await place(`${module.name}.sha256`, wanted);
    report.push({ name: module.name, built: true, bytes: binary.length });
  }
  return report;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, built, bytes } of await buildWasm())
    console.log(built ? `wasm/build/${name}.wasm: ${bytes} bytes` : `wasm/build/${name}.wasm: up to date`);
}
