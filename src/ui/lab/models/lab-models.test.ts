import { describe, expect, it } from 'vitest';
import { lengthOf, placeOf, project } from './bloch.ts';
import { countList } from './counts.ts';
import { bitsOf, complexText, hueOf, phaseOf, piFraction, stateList } from './state-rows.ts';
import { lineCount, lineNumbers, rangeOf, visualColumn } from './text-marks.ts';

const R = Math.SQRT1_2;
const decimal = (value: number): string => value.toFixed(3);

describe('state list', () => {
  it('shows small states whole and in order', () => {
    const { rows, occupied, covered } = stateList({
      qubits: 2,
      amplitudes: [
        [R, 0],
        [0, 0],
        [0, 0],
        [0, -R],
      ],
      probabilities: null,
    });
    expect(rows.map(({ bits }) => bits)).toEqual(['00', '01', '10', '11']);
    expect(rows.map(({ probability }) => probability.toFixed(3))).toEqual(['0.500', '0.000', '0.000', '0.500']);
    expect(occupied).toBe(2);
    expect(covered).toBeCloseTo(1, 12);
  });

  it('shows the likeliest of large states, ties in order', () => {
    const probabilities = Array.from({ length: 1024 }, (_, i) => (i === 700 ? 0.5 : i < 100 ? 0.005 : 0));
    const { rows, occupied, known, covered } = stateList({ qubits: 10, amplitudes: null, probabilities }, 4);
    expect(rows.map(({ index }) => index)).toEqual([700, 0, 1, 2]);
    expect([occupied, known]).toEqual([101, 1024]);
    expect(covered).toBeCloseTo(0.515, 12);
    expect(rows[0]?.amplitude).toBeNull();
  });

  it('shows a few occupied states of a larger register in their order', () => {
    const probabilities = Array.from({ length: 16 }, (_, i) => ([3, 9, 12].includes(i) ? i / 24 : 0));
    expect(stateList({ qubits: 4, amplitudes: null, probabilities }).rows.map(({ index }) => index)).toEqual([
      3, 9, 12,
    ]);
  });

  it('survives reports without amplitudes or probabilities', () => {
    expect(stateList({ qubits: 30, amplitudes: null, probabilities: null })).toEqual({
      rows: [],
      occupied: 0,
      known: 0,
      mixed: true,
      covered: 0,
    });
    expect(stateList({ qubits: 0, amplitudes: [[1, 0]], probabilities: [1] }).rows[0]?.bits).toBe('');
  });

  it('leaves out amplitudes of one run beside the probabilities of many', () => {
    const amplitudes = [
      [1, 0],
      [0, 0],
    ] as const;
    expect(stateList({ qubits: 1, amplitudes, probabilities: [0.5, 0.5] })).toMatchObject({
      mixed: true,
      rows: [{ amplitude: null }, { amplitude: null }],
    });
    expect(stateList({ qubits: 1, amplitudes, probabilities: [1, 0] }).mixed).toBe(false);
  });

  it('writes bits above 32 qubits too', () => {
    expect(bitsOf(2 ** 35 + 1, 36)).toBe(`1${'0'.repeat(34)}1`);
  });
});

describe('phases and numbers', () => {
  it('give no phase to nothing, and pi for negative numbers whatever the sign of zero', () => {
    expect(phaseOf([0, 0])).toBeNull();
    expect(phaseOf([-0.5, -1e-9])).toBeCloseTo(Math.PI, 12);
    expect(phaseOf([0, -R])).toBeCloseTo(-Math.PI / 2, 12);
  });

  it('name the fractions of pi that people use', () => {
    const named = [0, Math.PI, -Math.PI / 2, (3 * Math.PI) / 4, (-2 * Math.PI) / 3, 1].map(piFraction);
    expect(named).toEqual(['0', 'π', '−π/2', '3π/4', '−2π/3', null]);
  });

  it('write complex numbers without noise', () => {
    const written = (
      [
        [R, 0],
        [0, -R],
        [-0.5, 0.5],
        [1e-8, -1e-8],
        [-1e-9, 1],
      ] as const
    ).map(([re, im]) => complexText(re, im, decimal));
    expect(written).toEqual(['0.707', '−0.707i', '−0.500 + 0.500i', '0.000', '1.000i']);
  });

  it('turn angles into hues of a whole circle, opposite for opposite signs', () => {
    for (const angle of [-Math.PI, -1, 0, 2, Math.PI]) {
      const hue = hueOf(angle);
      expect(hue).toBeGreaterThanOrEqual(0);
      expect(hue).toBeLessThan(360);
      expect(Math.abs(((hueOf(angle + Math.PI) - hue + 540) % 360) - 180)).toBeCloseTo(180, 6);
    }
  });
});

describe('Bloch spheres', () => {
  it('stay within the circle and know their poles', () => {
    for (const vector of [
      [0, 0, 1],
      [0, 0, -1],
      [1, 0, 0],
      [-1, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
    ] as const) {
      const { x, y } = project(vector);
      expect(Math.hypot(x, y)).toBeLessThanOrEqual(1 + 1e-12);
    }
    expect(project([0, 0, 1]).y).toBeLessThan(-0.9);
    expect(project([0, 1, 0]).x).toBeGreaterThan(0.9);
    expect(project([1, 0, 0])).toMatchObject({ behind: false });
    expect(project([-1, 0, 0])).toMatchObject({ behind: true });
    // The equator is a level ellipse, as that of a globe whose axis stands upright.
    const equator = Array.from({ length: 12 }, (_, i) => project([Math.cos(i / 2), Math.sin(i / 2), 0]));
    const tilt = Math.max(...Array.from({ length: 600 }, (_, i) => project([Math.cos(i / 95), Math.sin(i / 95), 0]).y));
    for (const { x, y } of equator) expect(x * x + (y / tilt) ** 2).toBeCloseTo(1, 3);
    // x points left and down: the sphere is seen from its front, slightly from above.
    expect(project([1, 0, 0]).x).toBeLessThan(0);
    expect(project([1, 0, 0]).y).toBeGreaterThan(0);
    const places = (
      [
        [0, 0, 1],
        [0, 0, -1],
        [1, 0, 0],
        [0, -1, 0],
        [0, 0, 0],
        [0.6, 0, 0.8],
      ] as const
    ).map(placeOf);
    expect(places).toEqual(['zero', 'one', 'plus', 'minus-i', 'mixed', 'between']);
    expect(lengthOf([0, 0, 1.0000002])).toBe(1);
  });
});

describe('counts', () => {
  it('come most frequent first, and add up', () => {
    const list = countList({ '01': 3, '11': 5, '00': 3, '10': 1 }, 3);
    expect(list.rows.map(({ bits, count }) => [bits, count])).toEqual([
      ['11', 5],
      ['00', 3],
      ['01', 3],
    ]);
    expect(list).toMatchObject({ shots: 12, outcomes: 4 });
    expect(countList({})).toEqual({ rows: [], shots: 0, outcomes: 0 });
  });
});

describe('marks in the text', () => {
  const text = 'one\n\ttwo three\nfour';
  it('find the place of a failure', () => {
    expect(text.slice(...rangeOf(text, { line: 2, column: 6, length: 5 }))).toBe('three');
    expect(visualColumn(text, { line: 2, column: 2 }, 4)).toBe(4);
    expect(visualColumn(text, { line: 3, column: 3 }, 4)).toBe(2);
  });

  it('stay within the text for any line and column', () => {
    expect(rangeOf(text, { line: 99, column: 99, length: 9 })).toEqual([text.length, text.length]);
    expect(rangeOf(text, { line: 1, column: 99, length: 9 })).toEqual([3, 3]);
    expect(rangeOf('', { line: 0, column: 0, length: 1 })).toEqual([0, 0]);
  });

  it('number the lines, up to a limit', () => {
    expect([lineCount(''), lineCount(text), lineCount('a\n')]).toEqual([1, 3, 2]);
    expect(lineNumbers(3)).toBe('1\n2\n3');
    expect(lineNumbers(1_000_000)).toBe('');
  });
});
