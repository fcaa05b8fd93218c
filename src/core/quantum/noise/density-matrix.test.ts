import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { parameter } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Operation } from '../circuit/circuit.ts';
import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { parsePauliSum } from '../engine/pauli.ts';
import { bitFlip, depolarizing1, depolarizing2 } from './channels.ts';
import { amplitudeDamping } from './relaxation.ts';
import { BRANCHES_MAX, runDensityMatrix } from './density-matrix.ts';
import { DensityMatrix } from './density-state.ts';
import { randomGate, randomNoisyCircuit } from './testing/random-circuit.ts';
import { embed, runDense, total, traceOf } from './testing/dense-oracle.ts';

const h = (q: number): Operation => gate('h', [q]);
const cx = (control: number, target: number): Operation => gate('x', [target], [], [control]);
const measure = (qubit: number, clbit: number): Operation => ({ kind: 'measure', qubit, clbit });
const all = (qubits: number): number[] => Array.from({ length: qubits }, (_, q) => q);

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Array.from(actual).reduce((most, value, i) => Math.max(most, Math.abs(value - at(expected, i))), 0);
}

describe('against full matrices', () => {
  it('random circuits with gates of the whole table, controls and all channels (seed 41)', async () => {
    const prng = new Prng(41);
    for (let round = 0; round < 40; round++) {
      const qubits = 1 + (round % 4);
      const circuit = randomNoisyCircuit(prng, qubits, 14, false);
      const { state } = unwrap(await runDensityMatrix(circuit));
      const expected = total(runDense(circuit));
      expect(worst(unwrap(state.reducedDensityMatrix(all(qubits))), expected), `round ${round}`).toBeLessThan(1e-13);
      expect(state.purity()).toBeCloseTo(
        expected.reduce((sum, value) => sum + value * value, 0),
        12,
      );
    }
  });

  it('measurements with readout errors, resets and conditions in the middle (seed 42)', async () => {
    const prng = new Prng(42);
    for (let round = 0; round < 40; round++) {
      const qubits = 2 + (round % 2);
      const circuit = randomNoisyCircuit(prng, qubits, 14, true);
      const { outcomes } = unwrap(await runDensityMatrix(circuit));
      const ensemble = runDense(circuit);
      const measures = JSON.stringify(circuit.operations).includes('"measure"');
      if (!measures) continue;
      const found = unwrap(outcomes.distribution());
      for (const [bits, rho] of ensemble) {
        const key = Array.from(bits).reverse().join('');
        expect(found.get(key) ?? 0, `round ${round}, ${key}`).toBeCloseTo(traceOf(rho), 12);
      }
      const sum = [...found.values()].reduce((total, p) => total + p, 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('the state after dynamic circuits, followed by a gate so that no measurement is the last (seed 43)', async () => {
    const prng = new Prng(43);
    for (let round = 0; round < 20; round++) {
      const random = randomNoisyCircuit(prng, 3, 12, true);
      const circuit = { ...random, operations: [...random.operations, h(0), h(1), h(2)] };
      const { state } = unwrap(await runDensityMatrix(circuit));
      expect(worst(unwrap(state.reducedDensityMatrix(all(3))), total(runDense(circuit)))).toBeLessThan(1e-13);
      expect(state.trace()).toBeCloseTo(1, 13);
    }
  });

  it('expectation values and reduced matrices of subsets in any order', async () => {
    const prng = new Prng(44);
    const circuit = randomNoisyCircuit(prng, 4, 30, false);
    const { state } = unwrap(await runDensityMatrix(circuit));
    const rho = total(runDense(circuit));
    for (const word of ['IIII', 'XYZI', 'YYXZ', 'IIZX', 'ZIIY']) {
      const sum = unwrap(parsePauliSum(`-0.5*${word}`, 4));
      const expected = -0.5 * realTrace(multiply(wordMatrix(word), rho));
      expect(at(unwrap(state.expectations(sum)), 0)).toBeCloseTo(expected, 13);
    }
    for (const qubits of [[2], [3, 0], [1, 3, 2]]) {
      const expected = partialTrace(rho, 4, qubits);
      expect(worst(unwrap(state.reducedDensityMatrix(qubits)), expected)).toBeLessThan(1e-13);
      const diagonal = Array.from({ length: 2 ** qubits.length }, (_, i) =>
        at(expected, 2 * (i * 2 ** qubits.length + i)),
      );
      expect(worst(state.probabilities(qubits), diagonal)).toBeLessThan(1e-13);
    }
  });

  it('unitaries on many qubits with many controls', async () => {
    const prng = new Prng(45);
    const product = multiply(embed(wordMatrix('H'), [1], [], 3), embed(matrixOfGate(prng), [0, 2], [], 3));
    const circuit = circuitOf(5, [
      ...all(5).map(h),
      gate('t', [0]),
      gate('ry', [3], [0.4]),
      { kind: 'unitary', label: 'three', matrix: product, targets: [4, 0, 2], controls: [] },
      gate('p', [1], [0.7], [0, 2, 3, 4]),
      gate('x', [2], [], [4, 1, 0]),
      gate('gphase', [], [0.9], [3, 0, 1]),
      gate('gphase', [], [0.9]),
      gate('gphase', [], [0.3], [2]),
      { kind: 'unitary', label: 'three', matrix: product, targets: [1, 3, 0], controls: [4, 2] },
    ]);
    const { state } = unwrap(await runDensityMatrix(circuit));
    expect(worst(unwrap(state.reducedDensityMatrix(all(5))), total(runDense(circuit)))).toBeLessThan(1e-13);
    expect(state.purity()).toBeCloseTo(1, 12);
  });
});

describe('traps', () => {
  it('S H |0> has +1 for Y, so its upper right entry is -i/2 (not conjugated)', async () => {
    const { state } = unwrap(await runDensityMatrix(circuitOf(1, [h(0), gate('s', [0])])));
    expect(worst(unwrap(state.reducedDensityMatrix([0])), [0.5, 0, 0, -0.5, 0, 0.5, 0.5, 0])).toBeLessThan(1e-15);
    expect(at(unwrap(state.expectations(unwrap(parsePauliSum('Y', 1)))), 0)).toBeCloseTo(1, 14);
  });

  it('reads back a matrix that it was made from', () => {
    const prng = new Prng(7);
    const a = Float64Array.from({ length: 2 * 64 }, () => prng.normal());
    const rho = multiply(a, adjoint(a));
    const state = DensityMatrix.fromMatrix(3, rho);
    expect(worst(unwrap(state.reducedDensityMatrix([0, 1, 2])), rho)).toBeLessThan(1e-12);
  });

  it('n = 0, and circuits without operations', async () => {
    const nothing = unwrap(await runDensityMatrix(circuitOf(0, [gate('gphase', [], [1])])));
    expect(nothing.state.trace()).toBe(1);
    expect(unwrap(nothing.outcomes.distribution())).toEqual(new Map([['', 1]]));
    const idle = unwrap(await runDensityMatrix(circuitOf(3, [])));
    expect(unwrap(idle.outcomes.distribution())).toEqual(new Map([['000', 1]]));
  });
});

describe('classical outcomes', () => {
  it('measurements at the end do not split the run: 11 qubits, all measured', async () => {
    const qubits = 11;
    const circuit = circuitOf(qubits, [...all(qubits).map(h), ...all(qubits).map((q) => measure(q, q))], qubits);
    const { outcomes, state } = unwrap(await runDensityMatrix(circuit));
    expect(unwrap(outcomes.distribution()).size).toBe(2 ** qubits);
    expect(state.purity()).toBeCloseTo(1, 12);
  });

  it('teleports a state over mid-circuit measurements and conditions', async () => {
    const circuit = circuitOf(
      3,
      [
        gate('u', [0], [0.7, 0.4, 1.1]),
        h(1),
        cx(1, 2),
        cx(0, 1),
        h(0),
        measure(0, 0),
        measure(1, 1),
        { kind: 'if', clbits: [1], equals: 1, then: [gate('x', [2])], otherwise: [] },
        { kind: 'if', clbits: [0], equals: 1, then: [gate('z', [2])], otherwise: [] },
      ],
      2,
    );
    const { state } = unwrap(await runDensityMatrix(circuit));
    const { state: direct } = unwrap(await runDensityMatrix(circuitOf(1, [gate('u', [0], [0.7, 0.4, 1.1])])));
    expect(worst(unwrap(state.reducedDensityMatrix([2])), unwrap(direct.reducedDensityMatrix([0])))).toBeLessThan(
      1e-14,
    );
  });

  it('a bit that is overwritten again and again keeps the number of branches at two', async () => {
    const operations = Array.from({ length: 50 }, () => [h(0), measure(0, 0)]).flat();
    const { outcomes } = unwrap(await runDensityMatrix(circuitOf(1, [...operations, h(0)], 1)));
    const found = unwrap(outcomes.distribution());
    expect(found.get('0')).toBeCloseTo(0.5, 12);
    expect(found.get('1')).toBeCloseTo(0.5, 12);
  });

  it('readout errors at the end mix the distribution', async () => {
    const circuit = circuitOf(1, [gate('x', [0]), { kind: 'measure', qubit: 0, clbit: 0, flip: [0.02, 0.1] }], 1);
    const found = unwrap(unwrap(await runDensityMatrix(circuit)).outcomes.distribution());
    expect(found.get('0')).toBeCloseTo(0.1, 15);
    expect(found.get('1')).toBeCloseTo(0.9, 15);
  });

  it('counts are seeded, add up and follow the distribution within 5 sigma', async () => {
    const circuit = circuitOf(2, [h(0), cx(0, 1), unwrap(bitFlip(0.1, 0)), measure(0, 1), measure(1, 0)], 2);
    const { outcomes } = unwrap(await runDensityMatrix(circuit));
    const shots = 100_000;
    const counts = unwrap(outcomes.counts(shots, 3));
    expect(unwrap(outcomes.counts(shots, 3))).toEqual(counts);
    expect([...counts.values()].reduce((sum, n) => sum + n, 0)).toBe(shots);
    for (const [key, p] of unwrap(outcomes.distribution()))
      expect(Math.abs((counts.get(key) ?? 0) - shots * p)).toBeLessThan(5 * Math.sqrt(shots * p * (1 - p)));
    expect(unwrap(outcomes.counts(0, 1)).size).toBe(0);
    for (const bad of [-1, 1.5, Number.NaN, 1e9])
      expect(outcomes.counts(bad, 1)).toMatchObject({ error: { code: 'QUANTUM_SHOTS' } });
  });
});

describe('refusals', () => {
  it('14 qubits, naming the limit', async () => {
    const refused = await runDensityMatrix(circuitOf(14, []));
    expect(refused).toMatchObject({ error: { code: 'QUANTUM_QUBITS', message: expect.stringContaining('512 MiB') } });
  });

  it('too many branches, naming the way out', async () => {
    const bits = Math.log2(BRANCHES_MAX) + 1;
    const operations = [...all(bits).flatMap((bit) => [h(0), measure(0, bit)]), h(0)];
    const fine = await runDensityMatrix(circuitOf(1, [...operations.slice(0, -3), h(0)], bits));
    expect(unwrap(unwrap(fine).outcomes.distribution()).size).toBe(BRANCHES_MAX);
    const refused = await runDensityMatrix(circuitOf(1, operations, bits));
    expect(refused).toMatchObject({
      error: { code: 'QUANTUM_BRANCHES', message: expect.stringContaining('trajectories') },
    });
  });

  it('missing parameter values; given ones are used', async () => {
    const circuit = circuitOf(1, [gate('ry', [0], [parameter('t')])]);
    expect(await runDensityMatrix(circuit)).toMatchObject({ error: { code: 'QUANTUM_PARAMETERS' } });
    const { state } = unwrap(await runDensityMatrix(circuit, { values: [Math.PI / 3] }));
    expect(at(state.probabilities([0]), 1)).toBeCloseTo(0.25, 14);
  });

  it('stops at an abort that arrives in a pause, and tells progress', async () => {
    const abort = new AbortController();
    const progress: number[] = [];
    const operations = Array.from({ length: 400 }, (_, i) => cx(i % 10, (i + 1) % 10));
    const refused = await runDensityMatrix(circuitOf(10, operations), {
      signal: abort.signal,
      pause: async () => abort.abort(),
      onProgress: (done) => progress.push(done),
    });
    expect(refused).toMatchObject({ error: { code: 'QUANTUM_ABORTED' } });
    expect(progress.length).toBeGreaterThan(0);
    expect(at(progress, progress.length - 1)).toBeLessThan(1);
  });
});

it('10 qubits with 100 gates, each with noise, in seconds', async () => {
  const prng = new Prng(9);
  const operations: Operation[] = [];
  while (operations.length < 200) {
    const step = randomGate(prng, 10);
    if (step.kind !== 'gate' || step.targets.length + step.controls.length > 2) continue;
    const [a, b] = [...step.targets, ...step.controls];
    if (a === undefined) continue;
    operations.push(step, unwrap(b === undefined ? depolarizing1(0.001, a) : depolarizing2(0.01, [a, b])));
  }
  const started = performance.now();
  const { state } = unwrap(await runDensityMatrix(circuitOf(10, [...operations, unwrap(amplitudeDamping(0.1, 0))])));
  const seconds = (performance.now() - started) / 1000;
  expect(state.trace()).toBeCloseTo(1, 10);
  expect(state.purity()).toBeLessThan(0.9);
  // About 0.8 s on two shared cores; ten times that means that something became quadratic.
  expect(seconds).toBeLessThan(10);
});

const LETTERS: Readonly<Record<string, Matrix>> = {
  I: Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0),
  X: Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0),
  Y: Float64Array.of(0, 0, 0, -1, 0, 1, 0, 0),
  Z: Float64Array.of(1, 0, 0, 0, 0, 0, -1, 0),
  H: Float64Array.of(Math.SQRT1_2, 0, Math.SQRT1_2, 0, Math.SQRT1_2, 0, -Math.SQRT1_2, 0),
};

/** Highest qubit first. */
function wordMatrix(word: string): Matrix {
  const n = word.length;
  let out: Matrix = embed(Float64Array.of(1, 0), [], [], n);
  for (const [i, letter] of Array.from(word).entries())
    out = multiply(embed(LETTERS[letter] ?? new Float64Array(8), [n - 1 - i], [], n), out);
  return out;
}

function matrixOfGate(prng: Prng): Matrix {
  const t = prng.float();
  const [c, s] = [Math.cos(t), Math.sin(t)];
  // A rotation between |01> and |11> with a phase.
  const out = new Float64Array(32);
  out[0] = 1;
  out[20] = 1;
  out[10] = c;
  out[15] = -s;
  out[27] = -s;
  out[30] = c;
  return out;
}

function realTrace(m: Matrix): number {
  return traceOf(m);
}

/** Entry bit j of the result is qubits[j]. */
function partialTrace(rho: Matrix, n: number, qubits: readonly number[]): Matrix {
  const size = 2 ** n;
  const small = 2 ** qubits.length;
  const out = new Float64Array(2 * small * small);
  const pick = (index: number): number => qubits.reduce((bits, q, j) => bits | (((index >> q) & 1) << j), 0);
  const kept = qubits.reduce((mask, q) => mask | (1 << q), 0);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      if ((row & ~kept) !== (column & ~kept)) continue;
      const to = 2 * (pick(row) * small + pick(column));
      out[to] = at(out, to) + at(rho, 2 * (row * size + column));
      out[to + 1] = at(out, to + 1) + at(rho, 2 * (row * size + column) + 1);
    }
  return out;
}
