import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const compiled = new Map<string, WebAssembly.Module>();

/** The compiled kernels for tests and benchmarks in Node; builds them first when the sources have changed. */
export function kernelsModule(name: 'kernels' | 'kernels-relaxed' = 'kernels'): WebAssembly.Module {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  execFileSync(process.execPath, [fileURLToPath(new URL('scripts/build-wasm.mjs', root))], { stdio: 'pipe' });
  const module = new WebAssembly.Module(readFileSync(new URL(`wasm/build/${name}.wasm`, root)));
  compiled.set(name, module);
  return module;
}
