import { describe, expect, it } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { circuitOf } from '../../circuit/builder.ts';
import { isUnitaryStep } from '../../circuit/circuit.ts';
import { randomCircuit, randomUnitary } from './random-circuits.ts';
import { applyDense, applyWord, fullMatrix, pauliDense, referenceState } from './reference.ts';
import { distance } from './suite.ts';
import { unitarityError } from '../../circuit/gate-table.ts';

describe('the reference itself', () => {
  it.each([0, 1, 2, 3, 4, 5])('is the product of full matrices on %d qubits', (qubits) => {
    const circuit = randomCircuit(new Prng(`reference ${qubits}`), qubits, 25);
    let expected: Float64Array = referenceState(circuitOf(qubits, []));
    for (const step of circuit.operations)
      if (isUnitaryStep(step)) expected = applyDense(fullMatrix(step, qubits, new Map()), expected);
    expect(distance(referenceState(circuit), expected)).toBeLessThan(1e-13);
  });

  it('applies Pauli words like their Kronecker products', () => {
    const prng = new Prng('words of the reference');
    const state = Float64Array.from({ length: 16 }, () => prng.normal());
    for (const word of ['XYZ', 'IYX', 'ZIY', 'III', 'YYY'])
      expect(distance(applyWord(word, state), applyDense(pauliDense(word), state))).toBeLessThan(1e-14);
  });

  it.each([1, 2, 3, 4, 5, 6])('draws unitaries on %d qubits', (k) => {
    expect(unitarityError(randomUnitary(new Prng(`unitary ${k}`), k))).toBeLessThan(1e-13);
  });
});
