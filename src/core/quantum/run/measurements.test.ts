import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import type { Circuit, Operation } from '../circuit/circuit.ts';
import { runDensityMatrix } from '../noise/density-matrix.ts';
import { splitMeasurements } from './measurements.ts';
import { Tally } from './tally.ts';

const measure = (qubit: number, clbit: number): Operation => ({ kind: 'measure', qubit, clbit });
const reset = (qubit: number): Operation => ({ kind: 'reset', qubit });
const when = (clbits: readonly number[], inner: readonly Operation[]): Operation => ({
  kind: 'if',
  clbits,
  equals: 1,
  then: inner,
  otherwise: [],
});

const splitOf = (
  operations: readonly Operation[],
): { readonly final: string; readonly body: string; readonly random: boolean } => {
  const { body, final, random } = splitMeasurements(circuitOf(3, operations, 3));
  return {
    final: final.map(({ qubit, clbit }) => `${qubit}>${clbit}`).join(' '),
    body: body.operations.map(({ kind }) => kind).join(' '),
    random,
  };
};

describe('final measurements', () => {
  it.each([
    ['at the end', [gate('h', [0]), measure(0, 0), measure(1, 2)], '0>0 1>2', 'gate', false],
    ['before gates on other qubits', [measure(0, 0), gate('h', [1])], '0>0', 'gate', false],
    ['before a barrier', [measure(0, 0), { kind: 'barrier', qubits: [0, 1] }], '0>0', 'barrier', false],
    ['before a gate on the qubit', [measure(0, 0), gate('h', [0])], '', 'measure gate', true],
    ['before a gate that the qubit controls', [measure(0, 0), gate('x', [1], [], [0])], '', 'measure gate', true],
    ['before a reset', [gate('h', [0]), measure(0, 0), reset(0)], '', 'gate measure reset', true],
    ['read by a condition', [measure(0, 0), when([0], [gate('x', [1])])], '', 'measure if', true],
    ['under a condition', [measure(0, 0), when([1], [measure(2, 0)])], '', 'measure if', true],
    ['twice on one qubit', [measure(0, 0), measure(0, 1)], '0>0 0>1', '', false],
    ['overwritten', [measure(0, 0), measure(1, 0)], '1>0', '', false],
    ['overwritten by one in the middle', [measure(1, 0), measure(0, 0), gate('h', [0])], '', 'measure gate', true],
    ['reset before anything', [reset(0), gate('h', [0]), measure(0, 0)], '0>0', 'gate', false],
    ['reset in the middle', [gate('h', [0]), reset(0)], '', 'gate reset', true],
  ] as const)('%s', (_name, operations, final, body, random) => {
    expect(splitOf(operations)).toEqual({ final, body, random });
  });

  it('leave the distribution of the classical bits as it is (every branch followed, 60 random circuits)', async () => {
    const seed = 20_261_125;
    const prng = new Prng(seed);
    let random = 0;
    for (let trial = 0; trial < 60; trial++) {
      const circuit = randomProgram(prng);
      const expected = unwrap(unwrap(await runDensityMatrix(circuit)).outcomes.distribution());
      const found = await bySplitting(circuit);
      if (splitMeasurements(circuit).random) random += 1;
      for (const key of new Set([...expected.keys(), ...found.keys()]))
        expect(found.get(key) ?? 0, `seed ${seed}, trial ${trial}, ${key}`).toBeCloseTo(expected.get(key) ?? 0, 9);
    }
    expect(random).toBeGreaterThan(10);
    expect(random).toBeLessThan(60);
  });
});

function randomProgram(prng: Prng): Circuit {
  const one = (): Operation => {
    const q = prng.below(3);
    switch (prng.below(6)) {
      case 0:
        return gate('ry', [q], [3 * prng.float()]);
      case 1:
        return gate('x', [q], [], [(q + 1 + prng.below(2)) % 3]);
      case 2:
        return reset(q);
      case 3:
        return when([prng.below(3)], [prng.below(2) === 0 ? gate('x', [q]) : measure(q, prng.below(3))]);
      default:
        return measure(q, prng.below(3));
    }
  };
  const start = [0, 1, 2].map((q) => gate('ry', [q], [3 * prng.float()]));
  return circuitOf(3, [...start, ...Array.from({ length: 2 + prng.below(5) }, one), measure(0, 0)], 3);
}

/**
 * The body alone, and the final measurements put behind it again: where the split is right, that is the same circuit. What
 * the Tally makes of every basis state is checked with it.
 */
async function bySplitting(circuit: Circuit): Promise<Map<string, number>> {
  const { body, final } = splitMeasurements(circuit);
  // Fresh classical bits for the final ones, so that both halves of a key can be told apart.
  const operations = [...body.operations, ...final.map(({ qubit, clbit }) => measure(qubit, 3 + clbit))];
  const whole = unwrap(await runDensityMatrix(circuitOf(3, operations, 6)));
  const out = new Map<string, number>();
  for (const [key, p] of unwrap(whole.outcomes.distribution())) {
    const bits = Uint8Array.from(Array.from(key).reverse(), Number);
    const sources = final.map(({ clbit }) => ({ kind: 'measure' as const, qubit: clbit, clbit }));
    const tally = new Tally({ bits: 3, sources }, 0);
    tally.addShot(
      bits.subarray(3).reduce((state, bit, i) => state + bit * 2 ** i, 0),
      bits.subarray(0, 3),
    );
    const [name] = Object.keys(tally.counts());
    out.set(name!, (out.get(name!) ?? 0) + p);
  }
  return out;
}
