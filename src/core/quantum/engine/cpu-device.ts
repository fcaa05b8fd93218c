import { fail, ok, type Result } from '../../lib/result.ts';
import type { Bindings } from '../circuit/angle.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { matrixOf } from '../circuit/gate-table.ts';
import { adjointSweep } from './cpu-backward.ts';
import { applyMatrix, type Amplitudes } from './cpu-kernels.ts';
import {
  addPauli,
  expectationValues,
  innerProduct,
  marginals,
  normOf,
  project,
  reducedDensity,
  searchCumulative,
} from './cpu-reads.ts';
import type { DevicePlan, StateDevice, UnitarySequence, Watch } from './device.ts';
import type { PauliSum } from './pauli.ts';

/** 2^22 amplitudes of 16 bytes: 64 MiB, about a tenth of a second per gate in plain JavaScript. */
const QUBITS_MAX = 22;
/** Amplitude updates between two looks at the abort signal: some tens of milliseconds. */
const UPDATES_PER_PAUSE = 2 ** 22;

interface CpuState {
  amplitudes: Amplitudes;
}

interface CpuPlan extends DevicePlan {
  readonly sequence: UnitarySequence;
}

/**
 * The oracle: float64, one gate at a time, no tricks. `pause` gives the thread away for a moment (a timer of the host), so
 * that an abort can arrive; without it only a signal that was aborted before is seen.
 */
export function createCpuDevice(pause: (() => Promise<void>) | null = null): StateDevice<CpuState, CpuPlan> {
  return new CpuDevice(pause);
}

class CpuDevice implements StateDevice<CpuState, CpuPlan> {
  readonly kind = 'cpu';
  readonly precision = 'f64';
  readonly label = 'CPU, 64-bit floats';
  readonly threads = 1;
  readonly qubitsMax = QUBITS_MAX;
  readonly limitReason = 'more are too slow in plain JavaScript';
  readonly #pause: (() => Promise<void>) | null;

  constructor(pause: (() => Promise<void>) | null) {
    this.#pause = pause;
  }

  plan(sequence: UnitarySequence): Result<CpuPlan> {
    const gates = sequence.steps.length;
    return ok({ sequence, stats: { gates, passes: gates, bytes: gates * 32 * 2 ** sequence.qubits, dispatches: 0 } });
  }

  async zero(qubits: number): Promise<Result<CpuState>> {
    const state = allocate(qubits);
    if (state.ok) state.value.amplitudes[0] = 1;
    return state;
  }

  async load(qubits: number, amplitudes: ArrayLike<number>): Promise<Result<CpuState>> {
    const state = allocate(qubits);
    if (state.ok) state.value.amplitudes.set(amplitudes);
    return state;
  }

  async clone({ amplitudes }: CpuState): Promise<Result<CpuState>> {
    return ok({ amplitudes: amplitudes.slice() });
  }

  free(state: CpuState): void {
    state.amplitudes = new Float64Array(0);
  }

  async apply(state: CpuState, { sequence }: CpuPlan, values: Bindings, watch: Watch): Promise<Result<null>> {
    const { steps } = sequence;
    const stepsPerPause = this.#stepsPerPause(state);
    for (let i = 0; i < steps.length; i++) {
      if (i % stepsPerPause === 0) {
        if (i > 0) await this.#pause?.();
        if (watch.signal?.aborted === true) return fail('QUANTUM_ABORTED', `the run was aborted after ${i} gates`);
        watch.onProgress(i / steps.length);
      }
      const step = steps[i] as UnitaryStep;
      applyMatrix(state.amplitudes, matrixOf(step, values), step.targets, step.controls);
    }
    return ok(null);
  }

  async read({ amplitudes }: CpuState, from: number, count: number): Promise<Result<Float64Array>> {
    return ok(amplitudes.slice(2 * from, 2 * (from + count)));
  }

  async gather({ amplitudes }: CpuState, indices: readonly number[]): Promise<Result<Float64Array>> {
    const out = new Float64Array(2 * indices.length);
    for (const [i, index] of indices.entries()) out.set(amplitudes.subarray(2 * index, 2 * index + 2), 2 * i);
    return ok(out);
  }

  async norm({ amplitudes }: CpuState): Promise<Result<number>> {
    return ok(normOf(amplitudes));
  }

  async probabilities({ amplitudes }: CpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return ok(marginals(amplitudes, qubits));
  }

  async search({ amplitudes }: CpuState, thresholds: Float64Array): Promise<Result<Float64Array>> {
    return ok(searchCumulative(amplitudes, thresholds));
  }

  async project(
    { amplitudes }: CpuState,
    qubit: number,
    outcome: 0 | 1,
    scale: number,
    flip: boolean,
  ): Promise<Result<null>> {
    project(amplitudes, qubit, outcome, scale, flip);
    return ok(null);
  }

  async scale({ amplitudes }: CpuState, factor: number): Promise<Result<null>> {
    for (let i = 0; i < amplitudes.length; i++) amplitudes[i] = factor * (amplitudes[i] as number);
    return ok(null);
  }

  async applyMatrix({ amplitudes }: CpuState, matrix: Float64Array, targets: readonly number[]): Promise<Result<null>> {
    applyMatrix(amplitudes, matrix, targets, []);
    return ok(null);
  }

  async expectations({ amplitudes }: CpuState, observable: PauliSum): Promise<Result<Float64Array>> {
    return ok(expectationValues(amplitudes, observable));
  }

  async inner(a: CpuState, b: CpuState): Promise<Result<readonly [number, number]>> {
    return ok(innerProduct(a.amplitudes, b.amplitudes));
  }

  async reducedDensityMatrix({ amplitudes }: CpuState, qubits: readonly number[]): Promise<Result<Float64Array>> {
    return ok(reducedDensity(amplitudes, qubits));
  }

  async backward(psi: CpuState, lambda: CpuState, plan: CpuPlan, values: Bindings): Promise<Result<Float64Array>> {
    const { steps, parameters } = plan.sequence;
    // Three times the work of a step forward.
    const every = Math.ceil(this.#stepsPerPause(psi) / 3);
    const pause = (step: number): Promise<void> | null => (step % every === 0 ? (this.#pause?.() ?? null) : null);
    return ok(await adjointSweep(psi.amplitudes, lambda.amplitudes, steps, parameters, values, pause));
  }

  async applyObservable({ amplitudes }: CpuState, observable: PauliSum): Promise<Result<CpuState>> {
    const image = new Float64Array(amplitudes.length);
    for (const term of observable.terms) addPauli(image, amplitudes, term);
    return ok({ amplitudes: image });
  }

  async recover(): Promise<Result<null>> {
    return ok(null);
  }

  dispose(): void {}

  #stepsPerPause({ amplitudes }: CpuState): number {
    return Math.max(1, Math.floor((2 * UPDATES_PER_PAUSE) / amplitudes.length));
  }
}

function allocate(qubits: number): Result<CpuState> {
  try {
    return ok({ amplitudes: new Float64Array(2 * 2 ** qubits) });
  } catch {
    return fail('QUANTUM_MEMORY', `no memory for ${qubits} qubits (${16 * 2 ** qubits} bytes); use fewer`, true);
  }
}
