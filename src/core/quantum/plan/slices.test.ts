import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { parameter, type Bindings } from '../circuit/angle.ts';
import { gate } from '../circuit/builder.ts';
import type { UnitaryStep } from '../circuit/circuit.ts';
import { randomStep } from '../engine/testing/random-circuits.ts';
import { distance } from '../engine/testing/suite.ts';
import type { Elementary, Lowered } from './elementary.ts';
import { lower } from './lower.ts';
import { inverseOperations, sliceForGradient, type Probe, type Slice } from './slices.ts';
import { applyElementary, commute, isDiagonal, orderProblem, qubitsOf, randomState } from './testing/naive.ts';

const NAMES = ['a', 'b', 'c'] as const;
const VALUES: Bindings = new Map([
  ['a', 0.7],
  ['b', -2.1],
  ['c', 1.3],
]);

const lowered = (qubits: number, steps: readonly UnitaryStep[], fromZero = true): Lowered =>
  lower({ qubits, steps, parameters: NAMES, fromZero });

/** The sequence with its start turns in front: what slices are cut from. */
function wholeOf({ start, operations }: Lowered): readonly Elementary[] {
  const first = start.flatMap((parts, qubit): Elementary[] =>
    parts.length > 0 ? [{ kind: 'turn', qubit, parts }] : [],
  );
  return [...first, ...operations];
}

const dependsOnParameters = (operation: Elementary | Probe): boolean =>
  operation.kind === 'phase'
    ? operation.angle.parameters.length > 0
    : (operation.kind === 'turn' || operation.kind === 'local') && operation.parts.some(({ slope }) => slope !== null);

/** Operations in the order of the slices, as indices of the whole. Start turns are made anew: found by what they hold. */
function orderOf(whole: readonly Elementary[], slices: readonly Slice[]): readonly number[] {
  const contents = (operation: Elementary): unknown =>
    operation.kind === 'turn' || operation.kind === 'local' ? operation.parts : operation;
  const place = new Map(whole.map((operation, i) => [contents(operation), i]));
  return slices.flatMap(({ operations }) => operations.map((operation) => place.get(contents(operation)) ?? -1));
}

/** Every probe may be read where it is: all that lies between its operation and its boundary commutes with it. */
function expectBoundaries(slices: readonly Slice[], tail: Lowered['tail'], what: string): void {
  const flat = slices.flatMap(({ operations }) => [...operations]);
  const ends: number[] = [];
  let end = 0;
  for (const { operations } of slices) ends.push((end += operations.length));
  const read = new Set<unknown>();
  const ofTail = new Set<unknown>(tail);
  for (const [i, { probes }] of slices.entries())
    for (const probe of probes) {
      const key = probe.kind === 'phase' ? probe : probe.parts;
      expect(read.has(key), `${what}: a probe is read once`).toBe(false);
      read.add(key);
      if (ofTail.has(key)) {
        expect(i, `${what}: the tail is read at the end`).toBe(slices.length - 1);
        continue;
      }
      const at = flat.findIndex((other) => (other.kind === 'phase' ? other : 'parts' in other && other.parts) === key);
      expect(at, `${what}: a probe belongs to an operation`).toBeGreaterThanOrEqual(0);
      const own = flat[at];
      if (own === undefined) continue;
      const boundary = ends[i] ?? 0;
      // A turn is read right after it, by the Pauli operators of its qubit.
      if (!isDiagonal(own)) expect(at, `${what}: a turn is read after it`).toBeLessThan(boundary);
      const between = at < boundary ? flat.slice(at + 1, boundary) : flat.slice(boundary, at);
      for (const other of between)
        expect(commute(own, other), `${what}: ${other.kind} between ${own.kind} and its boundary`).toBe(true);
    }
  const wanted = [...flat.filter(dependsOnParameters).map((o) => ('parts' in o ? o.parts : o)), ...tail].filter((key) =>
    Array.isArray(key) ? key.some(({ slope }) => slope !== null) : true,
  );
  expect(read.size, `${what}: every dependence is read`).toBe(wanted.length);
  for (const key of wanted) expect(read.has(key), what).toBe(true);
}

function expectSlices(sequence: Lowered, what: string): readonly Slice[] {
  const slices = sliceForGradient(sequence);
  const whole = wholeOf(sequence);
  expect(slices.length).toBeGreaterThan(0);
  expect(orderProblem(whole, orderOf(whole, slices)), what).toBeNull();
  expectBoundaries(slices, sequence.tail, what);
  return slices;
}

describe('slices of a gradient', () => {
  it('read every dependence on a parameter once, where nothing comes between', () => {
    const prng = new Prng('slices');
    let most = 0;
    let probes = 0;
    for (let round = 0; round < 150; round++) {
      const qubits = 1 + prng.below(6);
      const steps = Array.from({ length: prng.below(60) }, () =>
        randomStep(prng, qubits, { parameters: NAMES, unitary: 2 }),
      );
      const slices = expectSlices(lowered(qubits, steps, prng.below(4) > 0), `round ${round}`);
      most = Math.max(most, slices.length);
      for (const slice of slices) probes += slice.probes.length;
    }
    expect(most).toBeGreaterThan(5);
    expect(probes).toBeGreaterThan(1000);
  });

  it('are as many as there are layers of turns in a layered circuit', () => {
    const [a, b] = [parameter('a'), parameter('b')];
    const steps: UnitaryStep[] = [];
    for (let layer = 0; layer < 4; layer++) {
      for (let q = 0; q < 6; q++) steps.push(gate('ry', [q], [a]), gate('rz', [q], [b]));
      for (let q = 0; q < 5; q++) steps.push(gate('rzz', [q, q + 1], [a]));
    }
    const slices = expectSlices(lowered(6, steps), 'layers');
    expect(slices.filter(({ probes }) => probes.some(({ kind }) => kind === 'turn'))).toHaveLength(4);
    // The diagonals after the last turn may come in a slice of their own.
    expect(slices.length).toBeLessThanOrEqual(5);
  });

  it('read the shared parameters of a turn together, and those of the last diagonals at the end', () => {
    const [a, b] = [parameter('a'), parameter('b')];
    const sequence = lowered(2, [
      gate('rx', [0], [a]),
      gate('ry', [0], [a]),
      gate('p', [1], [Math.PI], [0]),
      gate('rz', [0], [b]),
      gate('p', [1], [b]),
    ]);
    const slices = expectSlices(sequence, 'tail');
    const kinds = slices.flatMap((slice) => slice.probes.map(({ kind }) => kind));
    expect(kinds.toSorted()).toEqual(['local', 'local', 'turn']);
  });

  it('are one empty slice for an empty circuit', () => {
    expect(sliceForGradient(lowered(3, []))).toEqual([{ operations: [], probes: [] }]);
  });

  it('are undone by their inverse operations', () => {
    const prng = new Prng('inverse operations');
    for (let round = 0; round < 20; round++) {
      const qubits = 2 + prng.below(4);
      const steps = Array.from({ length: 40 }, () => randomStep(prng, qubits, { parameters: NAMES }));
      const { operations } = lowered(qubits, steps, false);
      const inverse = inverseOperations(operations);
      expect(inverse).toHaveLength(operations.length);
      const from = randomState(prng, qubits);
      const state = from.slice();
      for (const operation of [...operations, ...inverse]) applyElementary(state, operation, VALUES);
      expect(distance(state, from), `round ${round}`).toBeLessThan(1e-13);
      for (const [i, operation] of inverse.entries())
        expect(qubitsOf(operation)).toEqual(qubitsOf(at(operations, operations.length - 1 - i)));
    }
  });
});
