import { fail, ok, type Result } from '../lib/result.ts';
import { checkCircuit } from './check-circuit.ts';
import type { Circuit, Gate, QuantumEngine } from './engine.ts';

/** 2^22 amplitudes of 16 bytes: 64 MiB, about a tenth of a second per gate in plain JavaScript. */
const CPU_QUBITS_MAX = 22;

/** The oracle: float64, one gate at a time, no tricks. Runs to the end without yielding: keep it in a worker. */
export function createCpuEngine(): QuantumEngine {
  let disposed = false;
  return {
    kind: 'cpu',
    device: 'CPU, 64-bit floats',
    qubitsMax: CPU_QUBITS_MAX,
    async run(circuit: Circuit): Promise<Result<Float64Array>> {
      if (disposed) return fail('QUANTUM_DISPOSED', 'the engine was disposed; open a new one');
      const checked = checkCircuit(circuit, CPU_QUBITS_MAX, 'more are too slow without a GPU');
      if (!checked.ok) return checked;
      const state = new Float64Array(2 * 2 ** circuit.qubits);
      state[0] = 1;
      for (const gate of circuit.gates) applyGate(state, gate);
      return ok(state);
    },
    dispose() {
      disposed = true;
    },
  };
}

/** In place: `state` is interleaved re, im. The gate has been checked. */
function applyGate(state: Float64Array, gate: Gate): void {
  const [re00, im00, re01, im01, re10, im10, re11, im11] = gate.matrix as unknown as EightNumbers;
  const stride = 2 ** gate.target;
  const amplitudes = state.length / 2;
  let mask = 0;
  for (const control of gate.controls) mask |= 1 << control;
  for (let block = 0; block < amplitudes; block += 2 * stride)
    for (let low = block; low < block + stride; low++) {
      if ((low & mask) !== mask) continue;
      const a = 2 * low;
      const b = a + 2 * stride;
      const reA = state[a] as number;
      const imA = state[a + 1] as number;
      const reB = state[b] as number;
      const imB = state[b + 1] as number;
      state[a] = re00 * reA - im00 * imA + re01 * reB - im01 * imB;
      state[a + 1] = re00 * imA + im00 * reA + re01 * imB + im01 * reB;
      state[b] = re10 * reA - im10 * imA + re11 * reB - im11 * imB;
      state[b + 1] = re10 * imA + im10 * reA + re11 * imB + im11 * reB;
    }
}

type EightNumbers = readonly [number, number, number, number, number, number, number, number];
