import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import { restoreCheckpoint, saveCheckpoint, stateHash } from '../checkpoint.ts';
import { parsePauliSum, pauliWord, type PauliTerm } from '../pauli.ts';
import { randomCircuit, randomOrder, scramble } from './random-circuits.ts';
import { applyDense, applyWord, pauliDense, referenceInner, referenceState } from './reference.ts';
import { distance, expectDistribution, named, stateOf, type Suite } from './suite.ts';

/** Everything that is read out of a state. */
export function readsContract({ test, options }: Suite): void {
  const { tolerance, qubits } = options;

  test('samples with the probabilities of the state, in random order, the same for the same seed', async (engine) => {
    const circuit = circuitOf(5, scramble(new Prng('sampled'), 5));
    const probabilities = probabilitiesOf(referenceState(circuit));
    const state = await stateOf(engine, circuit);
    const shots = unwrap(await state.sample(40_000, 7));
    expect(shots).toHaveLength(40_000);
    expectDistribution(countsOf(shots, 32), probabilities, 'all shots');
    expectDistribution(countsOf(shots.subarray(0, 10_000), 32), probabilities, 'the first quarter');
    expectDistribution(countsOf(shots.subarray(30_000), 32), probabilities, 'the last quarter');
    expect(unwrap(await state.sample(40_000, 7))).toEqual(shots);
    expect(unwrap(await state.sample(40_000, 8))).not.toEqual(shots);
    expect(unwrap(await state.sample(0, 7))).toHaveLength(0);
    state.dispose();
  });

  test('samples a large state by its qubits', async (engine) => {
    const prng = new Prng('sampled widely');
    const circuit = circuitOf(qubits, scramble(prng, qubits));
    const state = await stateOf(engine, circuit);
    const shots = unwrap(await state.sample(100_000, 3));
    const probabilities = probabilitiesOf(referenceState(circuit));
    expectDistribution(countsOf(shots, 2 ** qubits), probabilities, 'all basis states');
    state.dispose();
  });

  test('never samples what cannot happen, at either end', async (engine) => {
    // Nothing above basis state 5 and nothing below 2; none is lost where the cumulative sum ends below 1.
    const state = unwrap(await engine.load(4, named(4, { 2: [0.6, 0], 5: [0, Math.sqrt(1 - 0.36) - 1e-9] })));
    const counts = countsOf(unwrap(await state.sample(50_000, 1)), 16);
    expect(counts[2]! + counts[5]!).toBe(50_000);
    expectDistribution(counts, [0, 0, 0.36, 0, 0, 0.64, ...Array.from({ length: 10 }, () => 0)], 'two basis states');
    state.dispose();
  });

  test('gives amplitudes one by one, and marginals of any qubits in any order', async (engine) => {
    const prng = new Prng('marginals');
    for (const n of [1, 2, 3, qubits]) {
      const circuit = circuitOf(n, scramble(prng, n));
      const expected = referenceState(circuit);
      const state = await stateOf(engine, circuit);
      const indices = Array.from({ length: 9 }, () => prng.below(2 ** n));
      const picked = indices.flatMap((i) => [expected[2 * i]!, expected[2 * i + 1]!]);
      expect(distance(unwrap(await state.amplitudes(indices)), picked)).toBeLessThan(tolerance);
      expect(unwrap(await state.amplitudes([]))).toHaveLength(0);
      for (let repeat = 0; repeat < 4; repeat++) {
        const chosen = randomOrder(prng, n).slice(0, prng.below(n + 1));
        const marginal = new Float64Array(2 ** chosen.length);
        for (const [index, p] of probabilitiesOf(expected).entries()) {
          const entry = chosen.reduce((sum, q, bit) => sum + (Math.floor(index / 2 ** q) % 2) * 2 ** bit, 0);
          marginal[entry] = marginal[entry]! + p;
        }
        const got = unwrap(await state.probabilities(chosen));
        expect(distance(got, marginal), `qubits ${chosen.join()} of ${n}`).toBeLessThan(tolerance);
      }
      state.dispose();
    }
  });

  test('gives <Y> its sign', async (engine) => {
    const up = await stateOf(engine, circuitOf(1, [gate('h', [0]), gate('s', [0])]));
    expect(unwrap(await up.expectations(unwrap(parsePauliSum('Y', 1))))[0]).toBeCloseTo(1, 5);
    up.dispose();
  });

  test('gives every Pauli word of three qubits its value, and long ones of many qubits', async (engine) => {
    const prng = new Prng('words');
    for (const n of [0, 1, 2, 3, qubits]) {
      const circuit = circuitOf(n, scramble(prng, n));
      const expected = referenceState(circuit);
      const count = n <= 3 ? 4 ** n : 24;
      const terms = Array.from({ length: count }, (_, i): PauliTerm => {
        const x = n <= 3 ? i % 2 ** n : prng.below(2 ** n);
        const z = n <= 3 ? Math.floor(i / 2 ** n) : prng.below(2 ** n);
        return { coefficient: prng.normal(), x, z };
      });
      const wanted = terms.map((term) => {
        const word = pauliWord(term, n);
        const image = n <= 3 ? applyDense(pauliDense(word), expected) : applyWord(word, expected);
        return term.coefficient * referenceInner(expected, image)[0];
      });
      const state = await stateOf(engine, circuit);
      const got = unwrap(await state.expectations({ qubits: n, terms }));
      expect(distance(got, wanted), `${n} qubits`).toBeLessThan(10 * tolerance);
      expect(distance(unwrap(await state.amplitudes()), expected)).toBeLessThan(tolerance);
      state.dispose();
    }
  });

  test('gives reduced density matrices with the sign of their off-diagonal', async (engine) => {
    const turned = await stateOf(engine, circuitOf(2, [gate('h', [1]), gate('s', [1])]));
    // |+i>: 1/2 (1, -i; i, 1).
    const single = unwrap(await turned.reducedDensityMatrix([1]));
    expect(distance(single, [0.5, 0, 0, -0.5, 0, 0.5, 0.5, 0])).toBeLessThan(tolerance);
    turned.dispose();
    const prng = new Prng('density');
    for (const [n, k] of [
      [1, 1],
      [2, 1],
      [2, 2],
      [3, 2],
      [qubits, 1],
      [qubits, 3],
      [qubits, 4],
    ] as const) {
      const circuit = circuitOf(n, scramble(prng, n));
      const chosen = randomOrder(prng, n).slice(0, k);
      const state = await stateOf(engine, circuit);
      const got = unwrap(await state.reducedDensityMatrix(chosen));
      expect(distance(got, density(referenceState(circuit), n, chosen)), `${k} of ${n}`).toBeLessThan(tolerance);
      state.dispose();
    }
  });

  test('multiplies states in the right order', async (engine) => {
    const prng = new Prng('inner');
    for (const n of [0, 1, 2, qubits]) {
      const [a, b] = [circuitOf(n, scramble(prng, n)), randomCircuit(prng, n, 30)];
      const [left, right] = [await stateOf(engine, a), await stateOf(engine, b)];
      const expected = referenceInner(referenceState(a), referenceState(b));
      expect(distance(unwrap(await left.inner(right)), expected)).toBeLessThan(tolerance);
      expect(distance(unwrap(await left.inner(left)), [1, 0])).toBeLessThan(tolerance);
      left.dispose();
      right.dispose();
    }
  });

  test('copies: a state is independent of its clone', async (engine) => {
    const state = await stateOf(engine, circuitOf(3, scramble(new Prng('clone'), 3)));
    const before = unwrap(await state.amplitudes());
    const copy = unwrap(await state.clone());
    state.dispose();
    expect(unwrap(await copy.amplitudes())).toEqual(before);
    copy.dispose();
  });

  test('takes back the amplitudes that it gave, and scales a norm that is a little off', async (engine) => {
    const prng = new Prng('load');
    for (const n of [0, 1, 2, 3, qubits]) {
      const expected = referenceState(circuitOf(n, scramble(prng, n)));
      const state = unwrap(await engine.load(n, expected));
      const read = unwrap(await state.amplitudes());
      expect(distance(read, expected)).toBeLessThan(tolerance);
      const again = unwrap(await engine.load(n, read));
      expect(unwrap(await again.amplitudes())).toEqual(read);
      again.dispose();
      state.dispose();
    }
    const off = unwrap(await engine.load(1, [0.9998, 0, 0, 0]));
    expect(Math.abs(unwrap(await off.norm()) - 1)).toBeLessThan(tolerance);
    off.dispose();
  });

  test('comes back from a checkpoint bit by bit', async (engine) => {
    const { precision } = engine;
    const state = await stateOf(engine, circuitOf(qubits, scramble(new Prng('checkpoint'), qubits)));
    const bytes = unwrap(await saveCheckpoint(state, precision));
    const restored = unwrap(await restoreCheckpoint(engine, bytes));
    expect(unwrap(await restored.amplitudes())).toEqual(unwrap(await state.amplitudes()));
    expect(unwrap(await stateHash(restored, precision))).toBe(unwrap(await stateHash(state, precision)));
    state.dispose();
    restored.dispose();
  });
}

function countsOf(shots: Float64Array, size: number): Float64Array {
  const counts = new Float64Array(size);
  // What is no basis state lands nowhere and is then missing.
  for (const shot of shots) counts[shot] = counts[shot]! + 1;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(shots.length);
  return counts;
}

function probabilitiesOf(state: Float64Array): Float64Array {
  return Float64Array.from({ length: state.length / 2 }, (_, i) => state[2 * i]! ** 2 + state[2 * i + 1]! ** 2);
}

/** rho_rc = sum over the rest of psi_r conj(psi_c), by the definition. */
function density(state: Float64Array, n: number, chosen: readonly number[]): Float64Array {
  const size = 2 ** chosen.length;
  const local = (index: number): number =>
    chosen.reduce((v, q, bit) => v + (Math.floor(index / 2 ** q) % 2) * 2 ** bit, 0);
  const rest = (index: number): number => chosen.reduce((v, q) => v - (Math.floor(index / 2 ** q) % 2) * 2 ** q, index);
  const out = new Float64Array(2 * size * size);
  const byRest = new Map<number, number[]>();
  for (let index = 0; index < 2 ** n; index++) byRest.set(rest(index), [...(byRest.get(rest(index)) ?? []), index]);
  for (const group of byRest.values())
    for (const r of group)
      for (const c of group) {
        const entry = 2 * (local(r) * size + local(c));
        const [rr, ri, cr, ci] = [state[2 * r]!, state[2 * r + 1]!, state[2 * c]!, state[2 * c + 1]!];
        out[entry] = out[entry]! + rr * cr + ri * ci;
        out[entry + 1] = out[entry + 1]! + ri * cr - rr * ci;
      }
  return out;
}
