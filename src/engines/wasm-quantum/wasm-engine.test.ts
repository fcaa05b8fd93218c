import { engineContract } from '../../core/quantum/engine/engine.contract.ts';
import { unwrap } from '../../core/lib/result.ts';
import { openWasmEngine } from './wasm-engine.ts';

const open = (precision: 'f32' | 'f64') => async () =>
  unwrap(await openWasmEngine({ precision, threads: 1, spawnThread: null }));

engineContract('wasm, float32', open('f32'), { tolerance: 1e-5, qubits: 12, infidelity: 1e-10, gradient: 1e-6 });
engineContract('wasm, float64', open('f64'), { tolerance: 1e-12, qubits: 12, infidelity: 1e-12, gradient: 1e-10 });
