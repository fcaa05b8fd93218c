import { at } from '../lib/assert.ts';
import type { LinearName } from '../federation/run-config.ts';
import { linearShape, type LlamaConfig, type LlamaWeights } from './llama-config.ts';

// One sequence through a Llama decoder in float64, forward and backward, written for the reader: no blocking, no skipping, no reuse.
// Matrices are arrays of rows.

export type Matrix = Float64Array[];

/** The adapted part of one map: y += scale (x A) B. a [dIn, rank], b [rank, dOut]. */
export interface Factors {
  readonly scale: number;
  readonly rank: number;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
}

export type FindFactors = (layer: number, name: LinearName) => Factors | undefined;
/** Gradient of B [rank, dOut], row-major. */
export type GradientOfB = (layer: number, name: LinearName, gradient: Float64Array) => void;

interface LayerTrace {
  readonly x: Matrix;
  readonly normed1: Matrix;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  /** [head][i][j <= i] */
  readonly probabilities: Matrix[];
  readonly mixed: Matrix;
  readonly middle: Matrix;
  readonly normed2: Matrix;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly hidden: Matrix;
}

export interface Trace {
  readonly layers: readonly LayerTrace[];
  readonly last: Matrix;
  /** [position][vocab] */
  readonly logits: Matrix;
}

export class ReferenceModel {
  readonly #config: LlamaConfig;
  readonly #weights: LlamaWeights;
  readonly #factors: FindFactors;

  constructor(config: LlamaConfig, weights: LlamaWeights, factors: FindFactors) {
    this.#config = config;
    this.#weights = weights;
    this.#factors = factors;
  }

  forward(tokens: ArrayLike<number>): Trace {
    const { hiddenSize: d, vocabSize } = this.#config;
    let x: Matrix = Array.from(tokens, (token) =>
      Float64Array.from(this.#weights.embedding.subarray(token * d, (token + 1) * d)),
    );
    const layers: LayerTrace[] = [];
    for (let layer = 0; layer < this.#config.layers; layer++) {
      const [trace, out] = this.#layer(layer, x);
      layers.push(trace);
      x = out;
    }
    const normed = this.#norm(x, this.#weights.finalNorm);
    return { layers, last: x, logits: multiply(normed, this.#weights.head, d, vocabSize) };
  }

  /** dLogits [position][vocab] -> gradients of every adapted B. */
  backward(trace: Trace, dLogits: Matrix, found: GradientOfB): void {
    const { hiddenSize: d, vocabSize } = this.#config;
    const dNormed = multiplyBack(dLogits, this.#weights.head, d, vocabSize);
    let dx = this.#normBack(trace.last, this.#weights.finalNorm, dNormed);
    for (let layer = this.#config.layers - 1; layer >= 0; layer--)
      dx = this.#layerBack(layer, at(trace.layers, layer), dx, found);
  }

  #layer(layer: number, x: Matrix): [LayerTrace, Matrix] {
    const weights = at(this.#weights.layers, layer);
    const { heads, kvHeads } = this.#config;
    const normed1 = this.#norm(x, weights.inputNorm);
    const q = this.#rope(this.#linear(layer, 'q', normed1), heads, 1);
    const k = this.#rope(this.#linear(layer, 'k', normed1), kvHeads, 1);
    const v = this.#linear(layer, 'v', normed1);
    const probabilities = Array.from({ length: heads }, (_, h) => this.#probabilities(q, k, h));
    const mixed = this.#mix(probabilities, v);
    const middle = sum(x, this.#linear(layer, 'o', mixed));
    const normed2 = this.#norm(middle, weights.postNorm);
    const gate = this.#linear(layer, 'gate', normed2);
    const up = this.#linear(layer, 'up', normed2);
    const hidden = gate.map((row, i) => row.map((g, f) => g * sigmoid(g) * entry(up, i, f)));
    const out = sum(middle, this.#linear(layer, 'down', hidden));
    return [{ x, normed1, q, k, v, probabilities, mixed, middle, normed2, gate, up, hidden }, out];
  }

  #layerBack(layer: number, trace: LayerTrace, dOut: Matrix, found: GradientOfB): Matrix {
    const weights = at(this.#weights.layers, layer);
    const { heads, kvHeads } = this.#config;
    const { gate, up } = trace;
    const dHidden = this.#linearBack(layer, 'down', trace.hidden, dOut, found);
    const dGate = dHidden.map((row, i) =>
      row.map((dh, f) => {
        const g = entry(gate, i, f);
        const s = sigmoid(g);
        return dh * entry(up, i, f) * s * (1 + g * (1 - s));
      }),
    );
    const dUp = dHidden.map((row, i) => row.map((dh, f) => dh * entry(gate, i, f) * sigmoid(entry(gate, i, f))));
    const dNormed2 = sum(
      this.#linearBack(layer, 'gate', trace.normed2, dGate, found),
      this.#linearBack(layer, 'up', trace.normed2, dUp, found),
    );
    const dMiddle = sum(dOut, this.#normBack(trace.middle, weights.postNorm, dNormed2));
    const dMixed = this.#linearBack(layer, 'o', trace.mixed, dMiddle, found);
    const { dq, dk, dv } = this.#attentionBack(trace, dMixed);
    const dNormed1 = sum(
      this.#linearBack(layer, 'q', trace.normed1, this.#rope(dq, heads, -1), found),
      sum(
        this.#linearBack(layer, 'k', trace.normed1, this.#rope(dk, kvHeads, -1), found),
        this.#linearBack(layer, 'v', trace.normed1, dv, found),
      ),
    );
    return sum(dMiddle, this.#normBack(trace.x, weights.inputNorm, dNormed1));
  }

  #linear(layer: number, name: LinearName, x: Matrix): Matrix {
    const [dIn, dOut] = linearShape(this.#config, name);
    const y = multiply(x, at(this.#weights.layers, layer)[name], dIn, dOut);
    const factors = this.#factors(layer, name);
    if (factors === undefined) return y;
    const { scale, rank, a, b } = factors;
    for (const [i, row] of x.entries()) {
      const u = timesA(row, a, rank);
      for (let n = 0; n < dOut; n++) for (let r = 0; r < rank; r++) at(y, i)[n]! += scale * u[r]! * b[r * dOut + n]!;
    }
    return y;
  }

  #linearBack(layer: number, name: LinearName, x: Matrix, dy: Matrix, found: GradientOfB): Matrix {
    const [dIn, dOut] = linearShape(this.#config, name);
    const dx = multiplyBack(dy, at(this.#weights.layers, layer)[name], dIn, dOut);
    const factors = this.#factors(layer, name);
    if (factors === undefined) return dx;
    const { scale, rank, a, b } = factors;
    const gradient = new Float64Array(rank * dOut);
    for (const [i, row] of x.entries()) {
      const u = timesA(row, a, rank);
      for (let r = 0; r < rank; r++) {
        let du = 0;
        for (let n = 0; n < dOut; n++) {
          gradient[r * dOut + n]! += scale * u[r]! * entry(dy, i, n);
          du += scale * b[r * dOut + n]! * entry(dy, i, n);
        }
        for (let j = 0; j < dIn; j++) at(dx, i)[j]! += du * a[j * rank + r]!;
      }
    }
    found(layer, name, gradient);
    return dx;
  }

  /** y = gain x / sqrt(mean x^2 + eps), by rows. */
  #norm(x: Matrix, gain: ArrayLike<number>): Matrix {
    return x.map((row) => {
      const inverse = this.#inverseRms(row);
      return row.map((value, j) => value * inverse * gain[j]!);
    });
  }

  #normBack(x: Matrix, gain: ArrayLike<number>, dy: Matrix): Matrix {
    return x.map((row, i) => {
      const inverse = this.#inverseRms(row);
      let dot = 0;
      for (let j = 0; j < row.length; j++) dot += entry(dy, i, j) * gain[j]! * row[j]!;
      const mean = (dot * inverse ** 2) / row.length;
      return row.map((value, j) => inverse * (entry(dy, i, j) * gain[j]! - value * mean));
    });
  }

  #inverseRms(row: Float64Array): number {
    return 1 / Math.sqrt(row.reduce((total, value) => total + value * value, 0) / row.length + this.#config.rmsEps);
  }

  /** Pairs dimension j with j + headDim / 2 (the layout of Hugging Face's files); direction -1 is the inverse. */
  #rope(x: Matrix, heads: number, direction: 1 | -1): Matrix {
    const { headDim, ropeTheta } = this.#config;
    const half = headDim / 2;
    return x.map((row, position) => {
      const out = new Float64Array(row.length);
      for (let h = 0; h < heads; h++) {
        for (let j = 0; j < half; j++) {
          const angle = direction * position * ropeTheta ** ((-2 * j) / headDim);
          const low = h * headDim + j;
          out[low] = row[low]! * Math.cos(angle) - row[low + half]! * Math.sin(angle);
          out[low + half] = row[low + half]! * Math.cos(angle) + row[low]! * Math.sin(angle);
        }
      }
      return out;
    });
  }

  /** First column of head h's keys and values. */
  #kvColumn(h: number): number {
    return Math.floor(h / (this.#config.heads / this.#config.kvHeads)) * this.#config.headDim;
  }

  #probabilities(q: Matrix, k: Matrix, h: number): Matrix {
    const { headDim } = this.#config;
    return q.map((row, i) => {
      const scores = new Float64Array(i + 1);
      for (let j = 0; j <= i; j++) {
        for (let d = 0; d < headDim; d++) scores[j]! += row[h * headDim + d]! * entry(k, j, this.#kvColumn(h) + d);
        scores[j]! /= Math.sqrt(headDim);
      }
      return softmax(scores);
    });
  }

  #mix(probabilities: readonly Matrix[], v: Matrix): Matrix {
    const { heads, headDim } = this.#config;
    return v.map((_, i) => {
      const out = new Float64Array(heads * headDim);
      for (let h = 0; h < heads; h++)
        for (let j = 0; j <= i; j++)
          for (let d = 0; d < headDim; d++)
            out[h * headDim + d]! += entry(at(probabilities, h), i, j) * entry(v, j, this.#kvColumn(h) + d);
      return out;
    });
  }

  #attentionBack({ q, k, v, probabilities }: LayerTrace, dMixed: Matrix): { dq: Matrix; dk: Matrix; dv: Matrix } {
    const { heads, headDim } = this.#config;
    const [dq, dk, dv] = [zerosLike(q), zerosLike(k), zerosLike(v)];
    for (let h = 0; h < heads; h++) {
      const own = h * headDim;
      const shared = this.#kvColumn(h);
      for (let i = 0; i < q.length; i++) {
        const p = at(at(probabilities, h), i);
        const dp = new Float64Array(i + 1);
        for (let j = 0; j <= i; j++) {
          for (let d = 0; d < headDim; d++) {
            dp[j]! += entry(dMixed, i, own + d) * entry(v, j, shared + d);
            at(dv, j)[shared + d]! += p[j]! * entry(dMixed, i, own + d);
          }
        }
        const mean = dp.reduce((total, value, j) => total + value * p[j]!, 0);
        for (let j = 0; j <= i; j++) {
          const ds = (p[j]! * (dp[j]! - mean)) / Math.sqrt(headDim);
          for (let d = 0; d < headDim; d++) {
            at(dq, i)[own + d]! += ds * entry(k, j, shared + d);
            at(dk, j)[shared + d]! += ds * entry(q, i, own + d);
          }
        }
      }
    }
    return { dq, dk, dv };
  }
}

/** log(sum exp(row)), safe for any finite row. */
export function logSumExp(row: Float64Array): number {
  const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return top + Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
}

export function softmax(row: Float64Array): Float64Array {
  const total = logSumExp(row);
  return row.map((value) => Math.exp(value - total));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function entry(m: Matrix, row: number, column: number): number {
  return m[row]![column]!;
}

function zerosLike(m: Matrix): Matrix {
  return m.map((row) => new Float64Array(row.length));
}

function sum(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value + entry(b, i, j)));
}

/** y = x W^T with W [dOut, dIn]. */
function multiply(x: Matrix, w: ArrayLike<number>, dIn: number, dOut: number): Matrix {
  return x.map((row) => {
    const y = new Float64Array(dOut);
    for (let n = 0; n < dOut; n++) for (let k = 0; k < dIn; k++) y[n]! += row[k]! * w[n * dIn + k]!;
    return y;
  });
}

/** dx = dy W. */
function multiplyBack(dy: Matrix, w: ArrayLike<number>, dIn: number, dOut: number): Matrix {
  return dy.map((row) => {
    const dx = new Float64Array(dIn);
    for (let n = 0; n < dOut; n++) for (let k = 0; k < dIn; k++) dx[k]! += row[n]! * w[n * dIn + k]!;
    return dx;
  });
}

/** u = x A. */
function timesA(row: Float64Array, a: ArrayLike<number>, rank: number): Float64Array {
  const u = new Float64Array(rank);
  for (let j = 0; j < row.length; j++) for (let r = 0; r < rank; r++) u[r]! += row[j]! * a[j * rank + r]!;
  return u;
}
