import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, parametersOf } from '../../core/quantum/circuit/angle.ts';
import { checkCircuit } from '../../core/quantum/circuit/check.ts';
import { addQubit, draftOf, place, toggleControl, type Draft } from './edit.ts';
import { BLANK, EXAMPLE_IDS, EXAMPLES } from './examples.ts';
import { exampleNoise } from './example-noise.ts';
import { EMPTY_DRAFT } from './lab-core.ts';
import { PALETTE } from './palette.ts';
import { parseDeviceModel } from '../../core/quantum/noise/device-model.ts';
import { parseAngle, qasmLanguage } from './qasm-language.ts';

const parsed = (text: string) => {
  const result = qasmLanguage.parse(text);
  if (!result.ok) throw new Error(`${result.error.message} in\n${text}`);
  return result.value;
};

describe('the language of the lab', () => {
  it('reads every example', () => {
    for (const id of EXAMPLE_IDS) {
      const circuit = parsed(EXAMPLES[id]);
      expect(circuit.operations.length, id).toBeGreaterThan(1);
      expect(checkCircuit(circuit, 5, id), id).toEqual({ ok: true, value: null });
    }
    expect(parsed(BLANK)).toMatchObject({ qubits: 2, operations: [] });
    expect(parsed(EXAMPLES.ansatz).parameters).toEqual(['alpha', 'beta', 'gamma']);
  });

  it('gives failures a place in the text', () => {
    const failed = qasmLanguage.parse('OPENQASM 3.0;\nqubit q;\nflip q;\n');
    expect(failed).toMatchObject({ ok: false, error: { line: 3, column: 1, length: 4 } });
  });

  it('reads back what the grid prints, operation by operation', () => {
    const ids = PALETTE.map(({ id }) => id);
    const edits = fc.array(fc.tuple(fc.constantFrom(...ids), fc.nat(3), fc.nat(8)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(edits, fc.constantFrom(3 as const, undefined), (list, version) => {
        let draft: Draft = EMPTY_DRAFT;
        for (let i = 0; i < 2; i++) {
          const more = addQubit(draft);
          if (more.ok) draft = more.draft;
        }
        for (const [id, row, column] of list) {
          const edited = id === 'control' ? toggleControl(draft, { row, column }) : place(draft, id, { row, column });
          if (edited.ok) draft = edited.draft;
        }
        const printed = qasmLanguage.print(draft.circuit, version);
        if (!printed.ok) throw new Error(printed.error.message);
        const back = parsed(printed.value);
        // The columns of the grid belong to operations by their position, so these must not change on the way.
        expect(back.operations).toEqual(draft.circuit.operations);
        expect(draftOf(back, draft.columns).columns).toEqual(draft.columns);
      }),
      { numRuns: 200 },
    );
  });
});

describe('angles as they are typed', () => {
  it('are expressions of numbers, pi and named parameters', () => {
    const value = (text: string): number => {
      const angle = parseAngle(text);
      if (!angle.ok) throw new Error(angle.error.message);
      return evaluate(angle.value, new Map([['theta', 0.5]]));
    };
    const read = ['pi/4', ' -2*pi/3 ', 'cos(0.3)', '2*theta', '1e-3', 'theta - pi'].map(value);
    const wanted = [Math.PI / 4, (-2 * Math.PI) / 3, Math.cos(0.3), 1, 1e-3, 0.5 - Math.PI];
    for (const [i, x] of read.entries()) expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 12);
    const named = parseAngle('a*sin(b) + pi');
    expect(named.ok ? [...parametersOf(named.value)] : []).toEqual(['a', 'b']);
  });

  it('refuse everything else with a sentence, also other programs', () => {
    const texts = [
      '',
      'pi/',
      '1,2',
      'pi) q_; x q_; rz(1',
      'pi; x q_;',
      '1/0',
      '"pi"',
      '{}',
      '// pi',
      '*/',
      'q_',

      '(((',
      `${'1+'.repeat(400)}1`,
    ];
    for (const text of texts) {
      const refused = parseAngle(text);
      expect([text, refused.ok]).toEqual([text, false]);
      if (!refused.ok) expect(refused.error.message).toMatch(/expected/);
    }
  });

  it('print as what reads back the same', () => {
    for (const text of ['pi/4', '2.0*theta', 'sin(a) - 0.25']) {
      const angle = parseAngle(text);
      expect(angle.ok ? qasmLanguage.printAngle(angle.value) : null).toBe(text);
    }
  });
});

describe('the example noise', () => {
  it('is a device of every width that the page runs', () => {
    for (const qubits of [1, 5, 6, 13, 30]) {
      const model = parseDeviceModel(exampleNoise(qubits));
      expect(model.ok ? model.value.qubits.length : model.error).toBe(Math.max(5, qubits));
    }
  });
});
