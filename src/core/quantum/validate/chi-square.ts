import { assert } from '../../lib/assert.ts';

/** Relative accuracy of the series. */
const EPSILON = 1e-16;

/** P(X >= x) for chi-square with `freedom` degrees of freedom: Q(freedom/2, x/2). Relative error about 1e-10 up to a million. */
export function chiSquareSurvival(x: number, freedom: number): number {
  assert(Number.isInteger(freedom) && freedom >= 1, `${freedom} degrees of freedom`);
  assert(x >= 0, `chi-square ${x}`);
  return upperGamma(freedom / 2, x / 2);
}

/**
 * Regularised upper incomplete gamma function Q(a, x): DLMF 8.11.4 (series of P) below a + 1, the continued fraction 8.9.2
 * by Lentz's method above.
 */
export function upperGamma(a: number, x: number): number {
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  // Both need some multiples of sqrt(a) terms near the middle of the distribution.
  const termsMax = 1000 + 40 * Math.ceil(Math.sqrt(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < termsMax && term > sum * EPSILON; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return Math.min(1, Math.max(0, 1 - front * sum));
  }
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < termsMax; n++) {
    const an = -n * (n - a);
    b += 2;
    d = an * d + b;
    if (Math.abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (Math.abs(c) < tiny) c = tiny;
    d = 1 / d;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 2 * EPSILON) break;
  }
  return Math.min(1, front * h);
}

/** ln Gamma(x), x > 0: Stirling's series (DLMF 5.11.1) from 12 up, the recurrence below. Absolute error below 1e-13 for small x. */
export function logGamma(x: number): number {
  assert(x > 0, `ln Gamma(${x})`);
  let shift = 0;
  let z = x;
  while (z < 12) {
    shift += Math.log(z);
    z += 1;
  }
  const r = 1 / (z * z);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360_360))))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
