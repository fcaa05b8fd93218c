import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { checkBornFrequencies } from './born-check.ts';
import { chiSquareSurvival, logGamma, upperGamma } from './chi-square.ts';

describe('chi-square survival function', () => {
  it('is e^(-x/2) for two degrees of freedom, and the Poisson sum for any even number', () => {
    for (const x of [0, 0.1, 1, 5, 30, 200, 1000])
      expect(chiSquareSurvival(x, 2) / Math.exp(-x / 2)).toBeCloseTo(1, 12);
    for (const freedom of [4, 10, 60])
      for (const x of [0.5, 5, 20, 60, 150]) {
        let [term, sum] = [Math.exp(-x / 2), 0];
        for (let k = 0; k < freedom / 2; k++) {
          sum += term;
          term *= x / 2 / (k + 1);
        }
        expect(chiSquareSurvival(x, freedom) / sum).toBeCloseTo(1, 11);
      }
  });

  it('has the critical values of the tables', () => {
    // Upper 5 %, 1 % and 0.1 % points: NIST/SEMATECH e-Handbook, section 1.3.6.7.4.
    const table = [
      [1, 3.841, 6.635, 10.828],
      [5, 11.07, 15.086, 20.515],
      [10, 18.307, 23.209, 29.588],
      [30, 43.773, 50.892, 59.703],
      [100, 124.342, 135.807, 149.449],
    ] as const;
    for (const [freedom, five, one, tenth] of table) {
      expect(chiSquareSurvival(five, freedom)).toBeCloseTo(0.05, 4);
      expect(chiSquareSurvival(one, freedom)).toBeCloseTo(0.01, 5);
      expect(chiSquareSurvival(tenth, freedom)).toBeCloseTo(0.001, 6);
    }
  });

  it('follows its recurrence Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1), also for large a', () => {
    for (const [a, x] of [
      [0.5, 0.2],
      [3.5, 9],
      [40, 41],
      [1000, 1010],
      [5e5, 5.002e5],
    ] as const) {
      const step = Math.exp(a * Math.log(x) - x - logGamma(a + 1));
      expect(Math.abs(upperGamma(a + 1, x) - upperGamma(a, x) - step)).toBeLessThan(1e-9);
    }
    // The median of chi-square is about k (1 - 2/(9k))^3.
    const k = 1e6;
    expect(chiSquareSurvival(k * (1 - 2 / (9 * k)) ** 3, k)).toBeCloseTo(0.5, 6);
  });

  it('ln Gamma of whole and half numbers', () => {
    let factorial = 1;
    for (let n = 1; n < 30; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 11);
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13);
    expect(logGamma(1e-3)).toBeCloseTo(6.907178885383853, 12);
  });
});

function draw(prng: Prng, probabilities: readonly number[], shots: number): Float64Array {
  const counts = new Float64Array(probabilities.length);
  for (let shot = 0; shot < shots; shot++) {
    let left = prng.float();
    let i = 0;
    while (i < probabilities.length - 1 && left >= at(probabilities, i)) left -= at(probabilities, i++);
    counts[i] = at(counts, i) + 1;
  }
  return counts;
}

describe('checkBornFrequencies', () => {
  const probabilities = [0.3, 0.25, 0.2, 0.1, 0.05, 0.05, 0.02, 0.01, 0.01, 0.005, 0.004, 0.001];

  it('p-values of correct counts are uniform, and false alarms come at the stated rate (seed 17)', () => {
    const prng = new Prng(17);
    const runs = 2000;
    const rate = 0.1;
    let alarms = 0;
    let below = 0;
    for (let run = 0; run < runs; run++) {
      const check = unwrap(checkBornFrequencies(draw(prng, probabilities, 400), probabilities, rate));
      if (!check.ok) alarms++;
      if (check.pValue < 0.5) below++;
    }
    // The chi-square part alone has rate/2; nothing here is rare. 4.5 sigma on each side.
    expect(alarms / runs).toBeGreaterThan(rate / 2 - 4.5 * Math.sqrt((0.05 * 0.95) / runs));
    expect(alarms / runs).toBeLessThan(rate);
    expect(Math.abs(below / runs - 0.5)).toBeLessThan(4.5 * Math.sqrt(0.25 / runs));
  });

  it('finds a distribution that is slightly off, with enough shots', () => {
    const off = probabilities.map((p, i) => p + (i === 0 ? 0.02 : i === 1 ? -0.02 : 0));
    const counts = draw(new Prng(4), off, 50_000);
    expect(unwrap(checkBornFrequencies(counts, probabilities))).toMatchObject({ ok: false });
    expect(unwrap(checkBornFrequencies(counts, off))).toMatchObject({ ok: true });
  });

  it('one count of an impossible outcome is an alarm, also where rounding left 1e-17', () => {
    for (const p of [0, 1e-17]) {
      const check = unwrap(checkBornFrequencies([500, 499, 1], [0.5, 0.5, p]));
      expect(check).toMatchObject({ ok: false, pValue: 0, message: expect.stringContaining('expected') });
    }
    expect(unwrap(checkBornFrequencies([500, 500, 0], [0.5, 0.5, 0])).ok).toBe(true);
  });

  it('a certain outcome, and thousands of sparse cells', () => {
    expect(unwrap(checkBornFrequencies([0, 10], [0, 1]))).toMatchObject({ ok: true, pValue: 1, freedom: 0 });
    const cells = 4096;
    const flat = Array<number>(cells).fill(1 / cells);
    const prng = new Prng(2);
    const counts = new Float64Array(cells);
    for (let shot = 0; shot < 1000; shot++) {
      const i = prng.below(cells);
      counts[i] = at(counts, i) + 1;
    }
    const check = unwrap(checkBornFrequencies(counts, flat));
    expect(check).toMatchObject({ ok: true });
    expect(check.freedom).toBeGreaterThan(100);
  });

  it('refuses lengths, counts and probabilities that make no sense', () => {
    const bad: readonly (readonly [number[], number[]])[] = [
      [[1, 2], [1]],
      [
        [-1, 2],
        [0.5, 0.5],
      ],
      [
        [1.5, 2],
        [0.5, 0.5],
      ],
      [
        [0, 0],
        [0.5, 0.5],
      ],
      [
        [1, 1],
        [0.5, 0.6],
      ],
      [
        [1, 1],
        [Number.NaN, 1],
      ],
      [[], []],
    ];
    for (const [counts, p] of bad)
      expect(checkBornFrequencies(counts, p)).toMatchObject({ error: { code: 'QUANTUM_COUNTS' } });
  });
});
