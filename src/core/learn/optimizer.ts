import { assert } from '../lib/assert.ts';

export interface Optimizer {
  /** values -= step along `gradient`, in place. Lengths are equal and never change. */
  step(values: Float64Array, gradient: Float64Array): void;
}

export interface OptimizerSettings {
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
}

/** Fresh state: a round's optimiser starts anew, because a tab may join any round and its state would otherwise have to travel. */
export function createOptimizer({ optimizer, learningRate }: OptimizerSettings, size: number): Optimizer {
  assert(learningRate > 0 && learningRate < Infinity, `learning rate ${learningRate}: a positive number`);
  return optimizer === 'adam' ? new Adam(learningRate, size) : new Sgd(learningRate);
}

class Sgd implements Optimizer {
  readonly #rate: number;

  constructor(rate: number) {
    this.#rate = rate;
  }

  step(values: Float64Array, gradient: Float64Array): void {
    for (let i = 0; i < values.length; i++) values[i]! -= this.#rate * (gradient[i] as number);
  }
}

const BETA1 = 0.9;
/** Rounds have 5 to 50 steps: the customary 0.999 would remember nothing but the bias correction. */
const BETA2 = 0.99;
/** Far below any gradient of a mean loss that matters (1e-5), far above f32 dust. */
const EPSILON = 1e-8;

/** Kingma, Ba 2015 (arXiv 1412.6980), algorithm 1, with bias correction, in float64. */
class Adam implements Optimizer {
  readonly #rate: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;

  constructor(rate: number, size: number) {
    this.#rate = rate;
    this.#mean = new Float64Array(size);
    this.#square = new Float64Array(size);
  }

  step(values: Float64Array, gradient: Float64Array): void {
    this.#steps++;
    const meanScale = 1 / (1 - BETA1 ** this.#steps);
    const squareScale = 1 / (1 - BETA2 ** this.#steps);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i] as number;
      const mean = BETA1 * (this.#mean[i] as number) + (1 - BETA1) * g;
      const square = BETA2 * (this.#square[i] as number) + (1 - BETA2) * g * g;
      this.#mean[i] = mean;
      this.#square[i] = square;
      values[i]! -= (this.#rate * mean * meanScale) / (Math.sqrt(square * squareScale) + EPSILON);
    }
  }
}
