import { describe, expect, it } from 'vitest';
import { at } from '../../core/lib/assert.ts';
import { Prng } from '../../core/lib/prng.ts';
import type { Elementary } from '../../core/quantum/plan/elementary.ts';
import { randomAngle, randomOrder } from '../../core/quantum/engine/testing/random-circuits.ts';
import { distance } from '../../core/quantum/engine/testing/suite.ts';
import { applyElementary, fixedAngle, fixedPart, randomState } from '../../core/quantum/plan/testing/naive.ts';
import { Pending } from './pending.ts';

const QUBITS = 4;

/** Stored amplitudes and the true ones that they stand for, side by side. */
interface Model {
  readonly pending: Pending;
  readonly stored: Float64Array;
  readonly truth: Float64Array;
}

const apply = (state: Float64Array, operation: Elementary): void => applyElementary(state, operation, new Map());
const flip = (state: Float64Array, qubit: number): void =>
  apply(state, { kind: 'turn', qubit, parts: [fixedPart(Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0))] });
const diagonal = (zr: number, zi: number, or: number, oi: number): Float64Array =>
  Float64Array.of(zr, zi, 0, 0, 0, 0, or, oi);
const local = (state: Float64Array, qubit: number, matrix: Float64Array): void =>
  apply(state, { kind: 'local', qubit, parts: [fixedPart(matrix, true)] });
const everywhere = (state: Float64Array, re: number, im: number): void => local(state, 0, diagonal(re, im, re, im));

/** Takes everything out of `pending` and puts it on the stored amplitudes. */
function settled({ pending, stored }: Model): Float64Array {
  const state = stored.slice();
  everywhere(state, pending.scaleRe, pending.scaleIm);
  for (let q = 0; q < QUBITS; q++) local(state, q, diagonal(1, 0, at(pending.re, q), at(pending.im, q)));
  const flips = pending.flips;
  for (let q = 0; q < QUBITS; q++)
    for (const { other, re, im } of [...pending.takeSigns(q), ...pending.takePhases(q)])
      apply(state, { kind: 'phase', qubits: [q, other], angle: fixedAngle(Math.atan2(im, re)) });
  for (let q = 0; q < QUBITS; q++) if ((flips >>> q) & 1) flip(state, q);
  return state;
}

const STEPS: Readonly<Record<string, (prng: Prng, model: Model) => void>> = {
  sign(prng, { pending, truth }) {
    const [a = 0, b = 1] = randomOrder(prng, QUBITS);
    pending.addSign(a, b);
    apply(truth, { kind: 'sign', a, b });
  },
  phase(prng, { pending, truth }) {
    const [a = 0, b = 1] = randomOrder(prng, QUBITS);
    const angle = randomAngle(prng);
    pending.addPhase(a, b, Math.cos(angle), Math.sin(angle));
    apply(truth, { kind: 'phase', qubits: [a, b], angle: fixedAngle(angle) });
  },
  local(prng, { pending, truth }) {
    const qubit = prng.below(QUBITS);
    const [zero, one] = [randomAngle(prng), randomAngle(prng)];
    const matrix = diagonal(Math.cos(zero), Math.sin(zero), Math.cos(one), Math.sin(one));
    pending.addLocal(qubit, matrix);
    local(truth, qubit, matrix);
  },
  scale(prng, { pending, truth }) {
    const [re, im] = [prng.normal(), 0.2 + prng.float()];
    pending.multiplyScale(re, im);
    everywhere(truth, re, im);
  },
  /** The halves are taken for each other from here on: an X without a move. */
  flipped(prng, { pending, truth }) {
    const qubit = prng.below(QUBITS);
    pending.setFlipped(qubit, !pending.isFlipped(qubit));
    flip(truth, qubit);
  },
  unflip(prng, { pending, stored }) {
    const qubit = prng.below(QUBITS);
    if (!pending.isFlipped(qubit)) return;
    flip(stored, qubit);
    pending.unflip(qubit);
    expect(pending.isFlipped(qubit)).toBe(false);
  },
  exchange(prng, { pending, stored, truth }) {
    const [a = 0, b = 1] = randomOrder(prng, QUBITS);
    apply(stored, { kind: 'exchange', a, b });
    pending.exchange(a, b);
    apply(truth, { kind: 'exchange', a, b });
  },
  /** By stored bits: the caller multiplies them in. */
  takePhases(prng, { pending, stored }) {
    const qubit = prng.below(QUBITS);
    for (const { other, re, im } of pending.takePhases(qubit))
      apply(stored, { kind: 'phase', qubits: [qubit, other], angle: fixedAngle(Math.atan2(im, re)) });
    expect(pending.hasPhases(qubit)).toBe(false);
  },
  takeSigns(prng, { pending, stored }) {
    const qubit = prng.below(QUBITS);
    for (const { other, re, im } of pending.takeSigns(qubit)) {
      expect([re, im]).toEqual([-1, 0]);
      apply(stored, { kind: 'sign', a: qubit, b: other });
    }
    expect(pending.signs[qubit]).toBe(0);
  },
};

describe('pending diagonals', () => {
  it('stand for the same state as the diagonals themselves, whatever is flipped, exchanged and taken out', () => {
    const names = Object.keys(STEPS);
    for (let round = 0; round < 150; round++) {
      const prng = new Prng(`pending ${round}`);
      const start = randomState(prng, QUBITS);
      const model: Model = { pending: new Pending(QUBITS), stored: start.slice(), truth: start.slice() };
      const done: string[] = [];
      const steps = 1 + prng.below(30);
      for (let i = 0; i < steps; i++) {
        const name = prng.pick(names);
        STEPS[name]?.(prng, model);
        done.push(name);
      }
      const norm = Math.hypot(...model.truth);
      const off = distance(settled(model), model.truth) / norm;
      expect(off, `pending ${round}: ${done.join(' ')}`).toBeLessThan(1e-13);
    }
  });

  it('are trivial until something waits, and again when it is gone', () => {
    const pending = new Pending(3);
    expect(pending.isTrivial).toBe(true);
    pending.addSign(0, 2);
    expect(pending.isTrivial).toBe(false);
    pending.addSign(2, 0);
    expect(pending.isTrivial).toBe(true);
    pending.addPhase(0, 1, 0, 1);
    expect(pending.isTrivial).toBe(false);
    expect(pending.takePhases(1)).toEqual([{ other: 0, re: 0, im: 1 }]);
    expect(pending.isTrivial).toBe(true);
    pending.setFlipped(1, true);
    expect(pending.isTrivial).toBe(false);
    pending.unflip(1);
    expect(pending.isTrivial).toBe(true);
    pending.multiplyQubit(0, 0, 1);
    expect(pending.isTrivial).toBe(false);
  });
});
