import { afterAll, describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Operation } from '../circuit/circuit.ts';
import { adjoint, multiply, type Matrix } from '../circuit/gate-table.ts';
import { createCpuDevice } from '../engine/cpu-device.ts';
import { createEngine } from '../engine/simulator.ts';
import { kron } from '../noise/kraus.ts';
import {
  checkDensityMatrix,
  checkHermiticity,
  checkNormalisation,
  checkPositivity,
  checkTrace,
  checkUnitarity,
} from './checks.ts';
import {
  fidelityOfMixed,
  fidelityOfPure,
  fidelityWithPure,
  l1Coherence,
  purity,
  relativeEntropyOfCoherence,
  vonNeumannEntropy,
} from './density-measures.ts';
import {
  checkEntanglementConserved,
  concurrence,
  entanglementEntropy,
  entanglementSpectrum,
  negativity,
} from './entanglement.ts';
import { densityWith, projector, randomPure, randomUnitary } from './testing/random-matrices.ts';

const engine = createEngine(createCpuDevice());
afterAll(() => engine.dispose());

async function stateOf(qubits: number, operations: readonly Operation[]) {
  const prepared = unwrap(await engine.prepare(circuitOf(qubits, operations)));
  return unwrap(await engine.run(prepared)).state;
}

const conjugated = (u: Matrix, rho: Matrix): Matrix => multiply(multiply(u, rho), adjoint(u));
const bump = (matrix: Float64Array, index: number, by: number): Float64Array =>
  matrix.map((value, i) => (i === index ? value + by : value));

describe('checks', () => {
  it('no false alarm on 200 correct matrices and states, and every deviation above the tolerance is found (seed 71)', () => {
    const prng = new Prng(71);
    for (let round = 0; round < 200; round++) {
      const n = 2 ** (1 + (round % 4));
      const weights = Array.from({ length: n }, () => prng.float() + 0.05);
      const sum = weights.reduce((total, w) => total + w, 0);
      const rho = densityWith(
        prng,
        weights.map((w) => w / sum),
      );
      const u = randomUnitary(prng, n);
      const psi = randomPure(prng, n);
      for (const check of [
        checkUnitarity(u),
        checkHermiticity(rho),
        checkTrace(rho),
        unwrap(checkPositivity(rho)),
        checkDensityMatrix(rho),
        checkNormalisation(psi),
      ]) {
        expect(check).toMatchObject({ ok: true });
        expect(check.error).toBeLessThan(check.tolerance);
      }
      const by = 1e-8 * (1 + prng.float());
      const entry = 2 * prng.below(n * n);
      expect(checkUnitarity(u.map((x) => x * (1 + by))).ok).toBe(false);
      expect(checkTrace(rho.map((x) => x * (1 + by))).ok).toBe(false);
      expect(checkNormalisation(psi.map((x) => x * (1 + by))).ok).toBe(false);
      // An imaginary part is wrong on the diagonal and off it, where its mirror does not follow.
      expect(checkHermiticity(bump(rho, entry + 1, by)).ok).toBe(false);
    }
  });

  it('finds a negative eigenvalue of a matrix that is otherwise fine', () => {
    const rho = densityWith(new Prng(3), [0.7, 0.4, -0.1, 0]);
    expect(checkHermiticity(rho).ok).toBe(true);
    expect(checkTrace(rho).ok).toBe(true);
    expect(unwrap(checkPositivity(rho))).toMatchObject({
      ok: false,
      message: expect.stringContaining('smallest eigenvalue is -0.1'),
    });
    expect(checkDensityMatrix(rho).ok).toBe(false);
    expect(checkDensityMatrix(rho.map((x) => 2 * x)).message).toContain('trace');
  });

  it('NaN and infinity are never fine', () => {
    for (const wrong of [Number.NaN, Infinity]) {
      const matrix = Float64Array.of(1, 0, 0, 0, 0, 0, wrong, 0);
      for (const check of [checkUnitarity, checkHermiticity, checkTrace, checkNormalisation, checkDensityMatrix])
        expect(check(matrix).ok).toBe(false);
    }
  });
});

describe('fidelity', () => {
  const prng = new Prng(81);

  it('is 1 with itself, symmetric, and the squared overlap for pure states', () => {
    const [a, b] = [randomPure(prng, 8), randomPure(prng, 8)];
    const f = unwrap(fidelityOfPure(a, b));
    expect(unwrap(fidelityOfPure(a, a))).toBeCloseTo(1, 14);
    expect(unwrap(fidelityWithPure(projector(b), a))).toBeCloseTo(f, 14);
    expect(unwrap(fidelityOfMixed(projector(a), projector(b)))).toBeCloseTo(f, 6);
    expect(
      unwrap(fidelityOfPure(Float64Array.of(1, 0, 0, 0), Float64Array.of(Math.SQRT1_2, 0, 0, Math.SQRT1_2))),
    ).toBeCloseTo(0.5, 15);
    expect(
      unwrap(
        fidelityWithPure(
          projector(Float64Array.of(Math.SQRT1_2, 0, 0, Math.SQRT1_2)),
          Float64Array.of(Math.SQRT1_2, 0, 0, -Math.SQRT1_2),
        ),
      ),
    ).toBeCloseTo(0, 15);
  });

  it('of commuting states is (sum sqrt(p q))^2, in any basis', () => {
    const [p, q] = [
      [0.5, 0.25, 0.2, 0.05],
      [0.1, 0.4, 0.2, 0.3],
    ];
    const u = randomUnitary(prng, 4);
    const diagonal = (values: readonly number[]): Matrix =>
      Float64Array.from({ length: 32 }, (_, i) => (i % 10 === 0 ? at(values, i / 10) : 0));
    const expected = p.reduce((sum, value, i) => sum + Math.sqrt(value * at(q, i)), 0) ** 2;
    expect(unwrap(fidelityOfMixed(conjugated(u, diagonal(p)), conjugated(u, diagonal(q))))).toBeCloseTo(expected, 12);
  });

  it('of one qubit is Tr(rho sigma) + 2 sqrt(det rho det sigma) (Jozsa)', () => {
    for (let round = 0; round < 20; round++) {
      const [a, b] = [prng.float(), prng.float()];
      const [rho, sigma] = [densityWith(prng, [a, 1 - a]), densityWith(prng, [b, 1 - b])];
      const product = multiply(rho, sigma);
      const expected = at(product, 0) + at(product, 6) + 2 * Math.sqrt(a * (1 - a) * b * (1 - b));
      expect(unwrap(fidelityOfMixed(rho, sigma))).toBeCloseTo(expected, 12);
      expect(unwrap(fidelityOfMixed(sigma, rho))).toBeCloseTo(expected, 12);
    }
  });

  it('refuses sizes that do not fit', () => {
    const bad = [
      fidelityOfPure(new Float64Array(4), new Float64Array(8)),
      fidelityWithPure(new Float64Array(8), new Float64Array(8)),
      fidelityOfMixed(new Float64Array(8), new Float64Array(32)),
      concurrence(new Float64Array(8)),
    ];
    for (const result of bad) expect(result).toMatchObject({ error: { code: 'QUANTUM_MATRIX' } });
  });
});

describe('coherence and entropy', () => {
  const plus = projector(Float64Array.of(Math.SQRT1_2, 0, 0, Math.SQRT1_2));
  const noise = Float64Array.of(0.5, 0, 0, 0, 0, 0, 0.5, 0);

  it('of |+i> and of noise', () => {
    expect(
      [purity(plus), l1Coherence(plus), unwrap(vonNeumannEntropy(plus)), unwrap(relativeEntropyOfCoherence(plus))].map(
        (x) => Math.round(x * 1e12) / 1e12,
      ),
    ).toEqual([1, 1, 0, 1]);
    expect([
      purity(noise),
      l1Coherence(noise),
      unwrap(vonNeumannEntropy(noise)),
      unwrap(relativeEntropyOfCoherence(noise)),
    ]).toEqual([0.5, 0, 1, 0]);
  });

  it('of a known spectrum: purity and entropy do not see the basis', () => {
    const spectrum = [0.5, 0.25, 0.125, 0.125];
    const rho = densityWith(new Prng(91), spectrum);
    expect(purity(rho)).toBeCloseTo(0.34375, 14);
    expect(unwrap(vonNeumannEntropy(rho))).toBeCloseTo(1.75, 13);
    expect(unwrap(relativeEntropyOfCoherence(rho))).toBeGreaterThan(0);
  });
});

describe('entanglement', () => {
  const ghz = (n: number): Operation[] => [
    gate('h', [0]),
    ...Array.from({ length: n - 1 }, (_, i) => gate('x', [i + 1], [], [i])),
  ];

  it('GHZ has one bit across every cut, a product none', async () => {
    const state = await stateOf(5, ghz(5));
    for (const side of [[0], [2, 4], [0, 1, 2, 3]])
      expect(unwrap(await entanglementEntropy(state, side))).toBeCloseTo(1, 12);
    const product = await stateOf(3, [gate('h', [0]), gate('ry', [1], [0.3])]);
    expect(unwrap(await entanglementEntropy(product, [1]))).toBeCloseTo(0, 12);
    expect(unwrap(await entanglementEntropy(state, []))).toBe(0);
    expect(unwrap(await entanglementEntropy(state, [0, 1, 2, 3, 4]))).toBe(0);
  });

  it('of a partly entangled pair is the binary entropy, the same from both sides', async () => {
    const state = await stateOf(2, [gate('ry', [0], [0.8]), gate('x', [1], [], [0])]);
    const p = Math.sin(0.4) ** 2;
    const expected = -p * Math.log2(p) - (1 - p) * Math.log2(1 - p);
    expect(unwrap(await entanglementEntropy(state, [0]))).toBeCloseTo(expected, 12);
    expect(unwrap(await entanglementEntropy(state, [1]))).toBeCloseTo(expected, 12);
    expect([...unwrap(await entanglementSpectrum(state, [0]))].map((x) => x.toFixed(10))).toEqual([
      (1 - p).toFixed(10),
      p.toFixed(10),
    ]);
  });

  it('does not see the norm, which float32 states lose a little of', async () => {
    const off = Math.SQRT1_2 * (1 + 4e-6);
    const state = unwrap(await engine.load(2, [off, 0, 0, 0, 0, 0, 0, off]));
    expect(unwrap(await state.norm())).toBeGreaterThan(1 + 7e-6);
    expect(unwrap(await entanglementEntropy(state, [0]))).toBeCloseTo(1, 12);
  });

  it('is conserved by unitaries on both sides of the cut, not by one across it (seed 33)', async () => {
    const prng = new Prng(33);
    const operations: Operation[] = [...ghz(4), gate('ry', [1], [0.4]), gate('rxx', [1, 2], [0.9])];
    const before = await stateOf(4, operations);
    const local = (): Operation[] => [
      { kind: 'unitary', label: 'a', matrix: randomUnitary(prng, 4), targets: [0, 1], controls: [] },
      { kind: 'unitary', label: 'b', matrix: randomUnitary(prng, 4), targets: [3, 2], controls: [] },
    ];
    for (let round = 0; round < 10; round++) {
      const after = await stateOf(4, [...operations, ...local()]);
      expect(unwrap(await checkEntanglementConserved(before, after, [0, 1]))).toMatchObject({ ok: true });
    }
    const across = await stateOf(4, [...operations, gate('rxx', [1, 2], [0.01])]);
    expect(unwrap(await checkEntanglementConserved(before, across, [0, 1]))).toMatchObject({ ok: false });
    const other = await stateOf(3, []);
    expect(await checkEntanglementConserved(before, other, [0])).toMatchObject({ error: { code: 'QUANTUM_QUBITS' } });
  });

  it('refuses qubits that are none, and cuts that are too large', async () => {
    const state = await stateOf(3, []);
    for (const side of [[3], [-1], [0, 0], [0.5]])
      expect(await entanglementEntropy(state, side)).toMatchObject({ error: { code: 'QUANTUM_QUBITS' } });
    const large = await stateOf(18, []);
    expect(
      await entanglementEntropy(
        large,
        Array.from({ length: 9 }, (_, q) => q),
      ),
    ).toMatchObject({ error: { code: 'QUANTUM_QUBITS' } });
    expect(
      unwrap(
        await entanglementEntropy(
          large,
          Array.from({ length: 12 }, (_, q) => q),
        ),
      ),
    ).toBe(0);
  });

  it('concurrence and negativity of Werner states: max(0, (3 p - 1)/2) and half of it', () => {
    const bell = projector(Float64Array.of(Math.SQRT1_2, 0, 0, 0, 0, 0, Math.SQRT1_2, 0));
    const prng = new Prng(55);
    for (const p of [0, 0.2, 1 / 3, 0.5, 0.9, 1]) {
      const werner = bell.map((x, i) => p * x + (i % 10 === 0 ? (1 - p) / 4 : 0));
      const local = kron(randomUnitary(prng, 2), randomUnitary(prng, 2));
      const rho = conjugated(local, werner);
      const expected = Math.max(0, (3 * p - 1) / 2);
      expect(unwrap(concurrence(rho))).toBeCloseTo(expected, 6);
      expect(unwrap(negativity(rho, [0]))).toBeCloseTo(expected / 2, 12);
      expect(unwrap(negativity(rho, [1]))).toBeCloseTo(expected / 2, 12);
    }
  });
});
