import type {
  CircuitReport,
  CircuitRequest,
  CircuitService,
  OptimiseReport,
  OptimiseRequest,
} from '../../../core/contracts/circuit-service.ts';
import { fail, ok, type Result } from '../../../core/lib/result.ts';

export interface FakeRun {
  readonly request: CircuitRequest;
  readonly id: string | undefined;
  readonly answer: (result: Result<CircuitReport>) => void;
}

/** A circuit service in the hands of a test: it records what it is asked and answers when it is told to. */
export interface FakeCircuitService extends CircuitService {
  readonly runs: readonly FakeRun[];
  readonly cancelled: readonly string[];
  readonly optimised: readonly OptimiseRequest[];
  optimiseAnswer: Result<OptimiseReport>;
}

export function fakeReport(over: Partial<CircuitReport> = {}): CircuitReport {
  return {
    qubits: 1,
    clbits: 0,
    engine: 'wasm',
    device: 'test',
    precision: 'f32',
    threads: 1,
    seconds: { parse: 0.001, plan: 0.001, run: 0.002, read: 0.001 },
    plan: { gates: 1, passes: 1, bytes: 32, dispatches: 0 },
    amplitudes: [
      [1, 0],
      [0, 0],
    ],
    probabilities: [1, 0],
    marginals: [0],
    expectations: [],
    counts: null,
    bloch: [[0, 0, 1]],
    notes: [],
    ...over,
  };
}

/** A cancelled run answers as the real one does: with QUANTUM_ABORTED. */
export function fakeCircuitService(): FakeCircuitService {
  const runs: FakeRun[] = [];
  const cancelled: string[] = [];
  const optimised: OptimiseRequest[] = [];
  return {
    runs,
    cancelled,
    optimised,
    optimiseAnswer: fail('QUANTUM_ABORTED', 'not set'),
    runCircuit: (request, id) =>
      new Promise((resolve) => {
        runs.push({ request, id, answer: resolve });
      }),
    cancel: async (id) => {
      cancelled.push(id);
      runs.find((run) => run.id === id)?.answer(fail('QUANTUM_ABORTED', 'the run was cancelled'));
    },
    async optimiseCircuit(request) {
      optimised.push(request);
      return this.optimiseAnswer;
    },
    engines: async () => [
      {
        engine: 'wasm',
        available: true,
        detail: 'test',
        qubitsMax: 28,
        threads: 1,
        amplitudesPerSecond: null,
        chosen: true,
      },
    ],
  };
}

export const fakeRun = (over: Partial<CircuitReport> = {}): Result<CircuitReport> => ok(fakeReport(over));
