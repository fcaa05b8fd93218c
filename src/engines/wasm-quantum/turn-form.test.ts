import { describe, expect, it } from 'vitest';
import { Prng } from '../../core/lib/prng.ts';
import { GATES, multiply, type Matrix } from '../../core/quantum/circuit/gate-table.ts';
import { randomUnitary } from '../../core/quantum/engine/testing/random-circuits.ts';
import { distance } from '../../core/quantum/engine/testing/suite.ts';
import { columnsExchanged, emptyTurn, factorTurn, type StoredQubit, type TurnForm } from './turn-form.ts';

const diagonal = (zr: number, zi: number, or: number, oi: number): Matrix =>
  Float64Array.of(zr, zi, 0, 0, 0, 0, or, oi);
const X = GATES.x.matrix([]);
const product = (...factors: readonly Matrix[]): Matrix => factors.reduce((a, b) => multiply(a, b));

/** What the true amplitudes are of stored ones: multiply by what is pending, exchange where stored the other way round. */
function meaning({ flipped, re, im }: StoredQubit): Matrix {
  const waits = diagonal(1, 0, re, im);
  return flipped ? product(X, waits) : waits;
}

/** What a kernel does to (a, b), as a matrix on (half 0, half 1); see emit/turn-kernels.ts. */
function kernelMatrix({ form, x, y, tau, reversed }: TurnForm, lifted: boolean): Matrix {
  const imaginary = form === 'imaginary' || form === 'twistImaginary';
  const twist = diagonal(1, 0, 1, form === 'twist' || form === 'twistImaginary' ? tau : 0);
  const coefficient = (value: number): readonly [number, number] => (imaginary ? [0, value] : [value, 0]);
  const toB = Float64Array.of(1, 0, 0, 0, ...coefficient(y), 1, 0);
  const toA = Float64Array.of(1, 0, ...coefficient(x), 0, 0, 1, 0);
  const both = Float64Array.of(1, 0, ...coefficient(x), ...coefficient(y), 1, 0);
  const onAb = lifted ? product(toA, toB, twist) : product(both, twist);
  // Bit 1 is a where the roles are reversed.
  return reversed ? product(X, onAb, X) : onAb;
}

/** The matrix that the factored turn amounts to, from stored to true amplitudes. */
function rebuilt(turn: TurnForm, lifted: boolean): Matrix {
  const { flipped, scaleRe, scaleIm, pendingRe, pendingIm } = turn;
  const scale = diagonal(scaleRe, scaleIm, scaleRe, scaleIm);
  return product(scale, meaning({ flipped, last: false, re: pendingRe, im: pendingIm }), kernelMatrix(turn, lifted));
}

const size = ({ re, im }: { readonly re: number; readonly im: number }): number => Math.hypot(re, im);

interface Case {
  readonly what: string;
  readonly matrix: Matrix;
}

function fixedCases(): readonly Case[] {
  const cases: Case[] = [];
  for (const [name, { targets, params, matrix }] of Object.entries(GATES)) {
    if (targets !== 1) continue;
    for (const angle of ANGLES) {
      const angles = params.map((_, i) => (i === 0 ? angle : angle / 3 + i));
      cases.push({ what: `${name}(${angles.join(', ')})`, matrix: matrix(angles) });
      if (params.length === 0) break;
    }
  }
  return cases;
}

const ANGLES = [0, Math.PI, Math.PI / 2, 1e-12, 1e-9, 1e-6, 0.3, 2, -3].flatMap((angle) => [
  angle,
  angle + Math.PI,
  Math.PI - angle,
  angle - 2 * Math.PI,
]);

/** As f64 and f32 kernels ask for it; what is dropped as rounding may show again in the product. */
const TOLERANCES = [1e-15, 1e-9] as const;

function expectFactored(prng: Prng, { what, matrix }: Case, sizes: readonly number[]): TurnForm {
  const turn = emptyTurn();
  for (const [flipped, last] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const)
    for (const lifted of [false, true])
      for (const tolerance of TOLERANCES)
        for (const length of sizes) {
          const phase = prng.below(3) === 0 ? (Math.PI / 2) * prng.below(4) : 2 * Math.PI * prng.float();
          const stored = { flipped, last, re: length * Math.cos(phase), im: length * Math.sin(phase) };
          factorTurn(matrix, stored, tolerance, lifted, turn);
          const wanted = product(matrix, meaning(stored));
          const label = `${what}, ${JSON.stringify({ flipped, last, lifted, tolerance, length, phase })}, ${turn.form}`;
          expect(distance(rebuilt(turn, lifted), wanted), label).toBeLessThan(
            (last ? 8 : 1) * (1e-14 + 4 * tolerance) * Math.max(1, length),
          );
          for (const value of [turn.x, turn.y])
            expect(Math.abs(value), label).toBeLessThan((last ? 8 : 1) * 2 * Math.max(length, 1 / length));
          expect(Math.abs(turn.tau), label).toBeLessThanOrEqual(1 + 1e-12);
        }
  return turn;
}

describe('factored turns', () => {
  it('multiply back to every gate, for quarter turns and their neighbours', () => {
    const prng = new Prng('fixed turns');
    const cases = fixedCases();
    expect(cases.length).toBeGreaterThan(100);
    for (const each of cases) expectFactored(prng, each, [1]);
  });

  it('multiply back to random unitaries, with anything pending', () => {
    const prng = new Prng('random turns');
    const forms = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const matrix = randomUnitary(prng, 1);
      forms.add(expectFactored(prng, { what: `round ${round}`, matrix }, [1, 0.25, 3]).form);
    }
    expect(forms).toEqual(new Set(['twist', 'twistImaginary']));
  });

  it('take the cheap forms where the matrix has them', () => {
    const turn = emptyTurn();
    const untouched = { flipped: false, last: false, re: 1, im: 0 };
    const formOf = (matrix: Matrix): string => {
      factorTurn(matrix, untouched, 1e-15, true, turn);
      return turn.form;
    };
    expect(formOf(GATES.h.matrix([]))).toBe('real');
    expect(formOf(GATES.ry.matrix([0.4]))).toBe('real');
    expect(formOf(GATES.rx.matrix([0.4]))).toBe('imaginary');
    expect(formOf(GATES.sx.matrix([]))).toBe('imaginary');
    expect(formOf(multiply(GATES.t.matrix([]), GATES.ry.matrix([0.4])))).toBe('real');
    expect(formOf(multiply(GATES.ry.matrix([0.4]), GATES.t.matrix([])))).toMatch(/^twist/);
    // Half a turn only exchanges the halves.
    factorTurn(GATES.x.matrix([]), untouched, 1e-15, true, turn);
    expect(turn).toMatchObject({ flipped: true, x: 0, y: 0, tau: 0 });
  });

  it('keep what is pending near size 1 and the stored numbers near theirs, turn after turn', () => {
    const prng = new Prng('long chains');
    for (const draw of [
      () => randomUnitary(prng, 1),
      () => GATES.h.matrix([]),
      () => GATES.rx.matrix([Math.PI / 2]),
      () => GATES.u.matrix([Math.PI / 2, prng.float(), prng.float()]),
      () => GATES.ry.matrix([1e-3 * prng.float()]),
    ]) {
      const turn = emptyTurn();
      let stored: StoredQubit = { flipped: false, last: false, re: 1, im: 0 };
      for (let step = 0; step < 2000; step++) {
        factorTurn(draw(), stored, 1e-15, true, turn);
        stored = { flipped: turn.flipped, last: false, re: turn.pendingRe, im: turn.pendingIm };
        expect(Math.abs(Math.log2(size(stored))), `step ${step}`).toBeLessThan(3);
        expect(Math.abs(Math.log2(Math.hypot(turn.scaleRe, turn.scaleIm))), `step ${step}`).toBeLessThan(3);
      }
    }
  });

  it('exchange columns', () => {
    expect(columnsExchanged(Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8))).toEqual(Float64Array.of(3, 4, 1, 2, 7, 8, 5, 6));
  });
});
