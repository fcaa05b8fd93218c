/**
 * Rényi divergence of the Poisson-subsampled Gaussian mechanism (Mironov, Talwar, Zhang 2019, arXiv 1908.10530),
 * neighbours by adding or removing one example, sensitivity 1, noise N(0, sigma^2).
 *
 * With f(z) = 1 - q + q exp((2z - 1) / (2 sigma^2)) the divergence of order a is log(A) / (a - 1), A = E[f(Z)^a], Z ~ N(0, sigma^2)
 * (their theorem 4: this direction is the larger one). E[f] = 1, so A - 1 = E[g(f)] with g(f) = f^a - 1 - a (f - 1) >= 0:
 * every sum below adds non-negative terms only and keeps its relative accuracy even where A - 1 is 1e-20.
 */

/** Below this sigma the quadrature would need too many points; a closed upper bound takes over (see `minkowskiBound`). */
const QUADRATURE_SIGMA_MIN = 0.1;

/** More noise than this is accounted as this much (an upper bound): squares stay far from overflow. */
const SIGMA_MAX = 1e6;

/** Likewise for rarer sampling than this: q exp(690) is then beyond every other term. */
const RATE_MIN = 1e-100;

/** Covers rounding and quadrature: together below 3e-12 in comparisons with 25-digit arithmetic (orders 1.1 to 32, sigma 0.1 to 10). */
const ROUNDING_MARGIN = 1 + 1e-9;

/**
 * RDP of one step, an upper bound that is exact to about 1e-9 (sigma >= 0.1 or whole order).
 * `order` > 1, `samplingRate` in [0, 1], `noiseMultiplier` >= 0. Infinity when there is no noise.
 */
export function subsampledGaussianRdp(order: number, samplingRate: number, noiseMultiplier: number): number {
  if (samplingRate === 0) return 0;
  if (noiseMultiplier > SIGMA_MAX) return subsampledGaussianRdp(order, samplingRate, SIGMA_MAX);
  if (samplingRate < RATE_MIN) return subsampledGaussianRdp(order, RATE_MIN, noiseMultiplier);
  const precision = 1 / (2 * noiseMultiplier * noiseMultiplier);
  if (!Number.isFinite(precision * order * order)) return Infinity;
  if (samplingRate === 1) return order * precision;
  const logA = Number.isInteger(order)
    ? logMomentWhole(order, samplingRate, precision)
    : noiseMultiplier < QUADRATURE_SIGMA_MIN
      ? minkowskiBound(order, samplingRate, precision)
      : logMomentQuadrature(order, samplingRate, noiseMultiplier);
  // q = 1 is the mechanism without sampling: never report more than that.
  return Math.min((logA / (order - 1)) * ROUNDING_MARGIN, order * precision);
}

/** Whole orders: A - 1 = sum over k >= 2 of C(a, k) (1 - q)^(a - k) q^k (exp((k^2 - k) / (2 sigma^2)) - 1). Section 3.3 of the paper. */
function logMomentWhole(order: number, q: number, precision: number): number {
  const logQ = Math.log(q);
  const logRest = Math.log1p(-q);
  const sum = new LogSum();
  let logBinomial = Math.log(order);
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    sum.add(logBinomial + k * logQ + (order - k) * logRest + logExpm1((k * k - k) * precision));
  }
  return log1pExp(sum.value);
}

/**
 * Other orders: trapezoid rule on the whole line. The integrand is analytic in the strip |Im z| < pi sigma^2 (there f has its
 * zeros) with Gaussian decay, so the error falls like exp(-2 pi * strip / step) (Trefethen, Weideman 2014, theorem 5.1).
 */
function logMomentQuadrature(order: number, q: number, sigma: number): number {
  const variance = sigma * sigma;
  const strip = Math.PI ** 2 * variance;
  // Shifting the line by y costs exp(y^2 / (2 sigma^2)). For sigma > 5 the best shift lies inside the strip and 0.4 sigma leaves e^-123.
  const step = sigma > 5 ? 0.4 * sigma : Math.min(0.4 * sigma, (1.8 * strip) / (45 + strip / 2));
  // The mass sits between the tilts 0 and max(order, 2) (small q: second-order term), each with width sigma; 10 sigma leave 1e-23.
  const from = -10 * sigma;
  const count = Math.ceil((Math.max(order, 2) + 20 * sigma) / step);
  const sum = new LogSum();
  for (let i = 0; i <= count; i++) {
    const z = from + i * step;
    const ratio = (2 * z - 1) / (2 * variance);
    // exp(ratio) near the end of the range of doubles: there f is q exp(ratio) and g is f^a, to the last bit.
    const logG = ratio > 690 ? order * (Math.log(q) + ratio) : logConvexExcess(order, q * Math.expm1(ratio));
    sum.add(logG - (z * z) / (2 * variance));
  }
  return log1pExp(sum.value + Math.log(step / (sigma * Math.sqrt(2 * Math.PI))));
}

/** Triangle inequality of the L^a norm: A^(1/a) <= 1 - q + q exp((a - 1) / (2 sigma^2)). Tight for small sigma. */
function minkowskiBound(order: number, q: number, precision: number): number {
  const sum = new LogSum();
  sum.add(Math.log1p(-q));
  sum.add(Math.log(q) + (order - 1) * precision);
  return order * sum.value;
}

/** log((1 + u)^a - 1 - a u) for u > -1 without cancellation. */
function logConvexExcess(a: number, u: number): number {
  if (Math.abs(u) < 1e-3) {
    // Binomial series from u^2 on; the first term left out is below 1e-18 of the sum.
    const tail =
      1 +
      ((a - 2) / 3) *
        u *
        (1 + ((a - 3) / 4) * u * (1 + ((a - 4) / 5) * u * (1 + ((a - 5) / 6) * u * (1 + ((a - 6) / 7) * u))));
    return Math.log((a * (a - 1)) / 2) + 2 * Math.log(Math.abs(u)) + Math.log(tail);
  }
  const exponent = a * Math.log1p(u);
  if (exponent < 30) return Math.log(Math.expm1(exponent) - a * u);
  return exponent + Math.log1p(-(1 + a * u) * Math.exp(-exponent));
}

/** log(exp(x) - 1), x > 0. */
function logExpm1(x: number): number {
  return x < 30 ? Math.log(Math.expm1(x)) : x + Math.log1p(-Math.exp(-x));
}

/** log(1 + exp(x)). */
function log1pExp(x: number): number {
  return x < 0 ? Math.log1p(Math.exp(x)) : x + Math.log1p(Math.exp(-x));
}

/** Sum of exponentials that neither overflows nor underflows. */
class LogSum {
  #max = -Infinity;
  #sum = 0;

  add(logTerm: number): void {
    if (logTerm === -Infinity) return;
    if (logTerm <= this.#max) {
      this.#sum += Math.exp(logTerm - this.#max);
      return;
    }
    this.#sum = this.#sum * Math.exp(this.#max - logTerm) + 1;
    this.#max = logTerm;
  }

  get value(): number {
    return this.#max + Math.log(this.#sum);
  }
}
