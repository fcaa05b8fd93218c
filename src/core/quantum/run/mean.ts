import { at } from '../../lib/assert.ts';
import type { Readings } from './read-out.ts';

/** Means of readings over runs, with standard errors of the expectations (Welford 1962, one pass, stable). */
export class MeanReadings {
  #runs = 0;
  #first: Readings | null = null;
  #deviations: Float64Array = new Float64Array(0);

  add(readings: Readings): void {
    this.#runs += 1;
    if (this.#first === null) {
      this.#first = readings;
      this.#deviations = new Float64Array(readings.expectations.length);
      return;
    }
    const { probabilities, marginals, expectations, bloch } = this.#first;
    if (probabilities !== null && readings.probabilities !== null)
      this.#approach(probabilities, readings.probabilities);
    if (bloch !== null && readings.bloch !== null) this.#approach(bloch, readings.bloch);
    this.#approach(marginals, readings.marginals);
    for (let i = 0; i < expectations.length; i++) {
      const value = at(readings.expectations, i);
      const before = value - at(expectations, i);
      expectations[i] = at(expectations, i) + before / this.#runs;
      this.#deviations[i] = at(this.#deviations, i) + before * (value - at(expectations, i));
    }
  }

  /** Amplitudes are those of the first run. Null before the first one. */
  get mean(): Readings | null {
    return this.#first;
  }

  /** Null where one run says nothing about the spread. */
  get standardErrors(): Float64Array | null {
    const runs = this.#runs;
    return runs < 2 ? null : this.#deviations.map((sum) => Math.sqrt(sum / (runs - 1) / runs));
  }

  #approach(mean: Float64Array, values: Float64Array): void {
    for (let i = 0; i < mean.length; i++)
      mean[i] = (mean[i] as number) + ((values[i] as number) - (mean[i] as number)) / this.#runs;
  }
}
