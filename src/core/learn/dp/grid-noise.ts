import { assert } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { DISCRETE_SIGMA_MAX, DiscreteGaussian } from './discrete-gaussian.ts';
import type { RandomWords } from './random.ts';

/** Standard deviation of the whole-number noise: the grid is this many times finer than the noise. */
const SIGMA_GRID = DISCRETE_SIGMA_MAX;

/** Rounding may cost at most this share of the noise. At multiplier 1 reached with 2.7e9 values, so only absurd settings meet it. */
const ROUNDING_SHARE_MAX = 0.05;

/** Unit roundoff of f32. */
const F32_ROUNDOFF = 2 ** -24;

/** Bound on how far an engine's clipped gradient of one example may exceed the clip norm, relative (contract: 1e-5). */
const CLIP_ERROR = 1e-5;

/** How far one example's gradient may depend on its neighbours in the batch through the order of f32 additions, in clip norms. */
const COMPANY_ERROR = 2 ** -20;

export interface GridNoiseRequest {
  readonly clipNorm: number;
  /** > 0. */
  readonly noiseMultiplier: number;
  /** Number of values in the sum. */
  readonly size: number;
  /** The most examples that one step adds up, and the most that the engine adds in f32 in one call. */
  readonly examplesMax: number;
  readonly microBatchMax: number;
}

export interface GridNoise {
  /** Distance of two grid points; the noise has standard deviation 2^20 grid steps. */
  readonly gridStep: number;
  /** L2 bound on how far one example can move the rounded sum; slightly above clipNorm. */
  readonly sensitivity: number;
  /** Draws the noise of the next step. Called before the step's gradient exists, so that its duration tells nothing about the data. */
  draw(words: RandomWords): void;
  /** Replaces the sum of clipped gradients by its noisy value. Every draw serves once. */
  apply(sum: Float64Array): void;
}

/**
 * Gaussian noise of standard deviation noiseMultiplier x sensitivity without floating-point leaks (arXiv 2112.05307): the sum is rounded
 * to a grid and exact whole-number noise is added there; everything after that is post-processing.
 *
 * Sensitivity. Let c_i be the exact clipped gradients, |c_i| <= C (1 + 1e-5), and S the sum that reaches this module. Adding or removing
 * one example moves
 * - the exact sum by at most C (1 + 1e-5);
 * - the float sum by its rounding as well: k numbers added in f32 err by at most (k - 1) u sum |c_i| in norm (Higham 2002, 4.4), on
 *   both sides, in every micro-batch (micro-batches are added in float64, which is negligible), plus the examples' own dependence on
 *   their neighbours: together `floatShare` C;
 * - the rounded sum, per coordinate, by at most one grid step g more than S itself: g sqrt(d) in norm.
 * So sensitivity = C (1 + 1e-5 + floatShare) + g sqrt(d), and with sigma x sensitivity = 2^20 g both follow in closed form.
 *
 * Accounting. The noise is the discrete Gaussian with whole-number sigma 2^20. Its privacy moments are trapezoid sums (step 2^-20 sigma)
 * of the analytic integrands of the continuous Gaussian, so they differ by about d exp(-2 pi^2 2^40): nothing. The accountant's
 * noiseMultiplier is therefore the requested one.
 * Failure DP_INPUT: noise or size so large that rounding would dominate.
 */
export function planGridNoise(request: GridNoiseRequest): Result<GridNoise, Failure<'DP_INPUT'>> {
  const { clipNorm, noiseMultiplier, size, examplesMax, microBatchMax } = request;
  assert(clipNorm > 0 && clipNorm < Infinity && noiseMultiplier > 0, 'clip norm and noise are positive and finite');
  const roundingShare = (noiseMultiplier * Math.sqrt(size)) / SIGMA_GRID;
  if (!(roundingShare <= ROUNDING_SHARE_MAX))
    return fail(
      'DP_INPUT',
      `noise multiplier ${noiseMultiplier} on ${size} values leaves no room for exact noise; lower the noise or the adapter's size`,
    );
  const microBatches = Math.ceil(examplesMax / microBatchMax);
  const floatShare =
    2 * microBatches * (microBatchMax - 1) * microBatchMax * F32_ROUNDOFF + examplesMax * COMPANY_ERROR;
  const sensitivity = (clipNorm * (1 + CLIP_ERROR + floatShare)) / (1 - roundingShare);
  return ok(new DrawnGridNoise((noiseMultiplier * sensitivity) / SIGMA_GRID, sensitivity, size));
}

class DrawnGridNoise implements GridNoise {
  readonly gridStep: number;
  readonly sensitivity: number;
  readonly #noise: Float64Array;
  #drawn = false;

  constructor(gridStep: number, sensitivity: number, size: number) {
    this.gridStep = gridStep;
    this.sensitivity = sensitivity;
    this.#noise = new Float64Array(size);
  }

  draw(words: RandomWords): void {
    new DiscreteGaussian(SIGMA_GRID, words).sampleInto(this.#noise);
    this.#drawn = true;
  }

  apply(sum: Float64Array): void {
    const noise = this.#noise;
    assert(this.#drawn, 'noise serves once: draw before apply');
    assert(sum.length === noise.length, `got ${sum.length} values, the noise has ${noise.length}`);
    this.#drawn = false;
    // |sum| <= examplesMax C is below 2^53 grid steps by far, so rounding and the addition are exact.
    for (let i = 0; i < sum.length; i++) {
      sum[i] = (Math.round((sum[i] as number) / this.gridStep) + (noise[i] as number)) * this.gridStep;
    }
    noise.fill(0);
  }
}
