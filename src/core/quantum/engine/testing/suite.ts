import { expect, it } from 'vitest';
import { unwrap } from '../../../lib/result.ts';
import type { Circuit } from '../../circuit/circuit.ts';
import type { QuantumEngine, QuantumState, RunOptions } from '../engine.ts';

export interface ContractOptions {
  /** Largest deviation of an amplitude: 1e-5 for float32 engines, 1e-12 for float64. */
  readonly tolerance: number;
  /** Largest register of the random circuits: more than the engine's tile, at most 12 (the reference is slow). */
  readonly qubits: number;
  /** 1 - F after 1000 layers: 1e-10 for float32, 1e-12 for float64. */
  readonly infidelity: number;
  /** Largest deviation of a derivative from the parameter shift in float64: 1e-6 for float32, 1e-10 for float64. */
  readonly gradient: number;
}

/** What the parts of the contract get: the engine of the moment and a way to write tests that are skipped without one. */
export interface Suite {
  readonly options: ContractOptions;
  readonly test: (name: string, body: (engine: QuantumEngine) => Promise<void>) => void;
}

export function suiteOver(current: () => QuantumEngine | undefined, options: ContractOptions): Suite {
  return {
    options,
    test: (name, body) => {
      // oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- the parts of the contract give both
      it(name, async (context) => {
        const engine = current();
        if (engine === undefined) return context.skip();
        await body(engine);
      });
    },
  };
}

/** Prepares and runs; the caller disposes of the state. */
export async function stateOf(engine: QuantumEngine, circuit: Circuit, options?: RunOptions): Promise<QuantumState> {
  return unwrap(await engine.run(unwrap(await engine.prepare(circuit)), options)).state;
}

/** Final amplitudes, and nothing left behind. */
export async function amplitudesOf(
  engine: QuantumEngine,
  circuit: Circuit,
  options?: RunOptions,
): Promise<Float64Array> {
  const state = await stateOf(engine, circuit, options);
  const amplitudes = unwrap(await state.amplitudes());
  state.dispose();
  return amplitudes;
}

/** Largest difference of two arrays; infinite where one has NaN. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(off)) return Infinity;
    worst = Math.max(worst, off);
  }
  return worst;
}

/** Amplitudes by basis state; those not named are 0. */
export type Named = Readonly<Record<number, readonly [re: number, im: number]>>;

export function named(qubits: number, amplitudes: Named): Float64Array {
  const out = new Float64Array(2 * 2 ** qubits);
  for (const [index, [re, im]] of Object.entries(amplitudes)) out.set([re, im], 2 * Number(index));
  return out;
}

/** Standard normal quantile of a false alarm of 1e-6, one-sided. */
const Z = 4.753;

/** `successes` of `trials` is compatible with `probability`; a right engine fails once in 500,000 seeds. */
export function expectFrequency(successes: number, trials: number, probability: number, what: string): void {
  const sigma = Math.sqrt(trials * probability * (1 - probability));
  expect(Math.abs(successes - trials * probability), `${what}: ${successes} of ${trials}`).toBeLessThanOrEqual(
    Z * sigma + 1,
  );
}

/** Pearson's chi-square over cells with at least 5 expected; limit by Wilson and Hilferty, false alarm 1e-6. */
export function expectDistribution(counts: ArrayLike<number>, probabilities: ArrayLike<number>, what: string): void {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  let statistic = 0;
  let cells = 0;
  let restCount = total;
  let restExpected = total;
  for (let i = 0; i < counts.length; i++) {
    const expected = total * probabilities[i]!;
    if (expected < 5) continue;
    statistic += (counts[i]! - expected) ** 2 / expected;
    restCount -= counts[i]!;
    restExpected -= expected;
    cells++;
  }
  if (restExpected >= 5) {
    statistic += (restCount - restExpected) ** 2 / restExpected;
    cells++;
  }
  expect(cells, 'cells to compare').toBeGreaterThan(1);
  const freedom = cells - 1;
  const limit = freedom * (1 - 2 / (9 * freedom) + Z * Math.sqrt(2 / (9 * freedom))) ** 3;
  expect(statistic, `chi-square of ${what}`).toBeLessThan(limit);
}
