import { describe } from 'vitest';
import { engineContract } from '../../core/learn/engine.contract.ts';
import { createWasmFactory } from './wasm-engine.ts';

/** The files are built before the browser tests (scripts/build-wasm.mjs). */
async function load(name: string): Promise<WebAssembly.Module> {
  const response = await fetch(`/wasm/build/${name}.wasm`);
  return WebAssembly.compile(await response.arrayBuffer());
}

const plain = await load('kernels');
/** The relaxed opcodes need a browser: Node 20 hides them behind a flag. */
const relaxed = await load('kernels-relaxed').catch(() => undefined);

describe('plain kernels', () => {
  engineContract(createWasmFactory(plain));
});

describe.skipIf(relaxed === undefined)('relaxed kernels', () => {
  engineContract(createWasmFactory(relaxed ?? plain));
});
