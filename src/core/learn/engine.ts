import type { AdapterSpec } from '../federation/run-config.ts';
import type { Result } from '../lib/result.ts';
import type { LlamaConfig, LlamaWeights } from './llama-config.ts';

/**
 * Forward and backward passes of one loaded model with one adapter. Implementations: reference (float64, the oracle; core/learn),
 * wasm (SIMD; engines/wasm). WebGPU follows behind the same contract; that is why everything is asynchronous.
 *
 * Batches: `tokens` is Int32Array [batch, length + 1] row-major: inputs are columns 0..length-1, targets columns 1..length.
 * Loss of an example: mean over its `length` positions of -log p(target), in nats.
 */
export interface LlamaEngine {
  readonly kind: 'reference' | 'wasm' | 'webgpu';
  readonly config: LlamaConfig;
  /** Bytes held now. */
  readonly memoryBytes: number;
  /** Frozen A factors are drawn from spec.seed; B starts at zero. Failures: LEARN_ADAPTER, LEARN_MEMORY. */
  setAdapter(spec: AdapterSpec): Promise<Result<{ readonly size: number }>>;
  /** Writes all B values (length = size). */
  setAdapterValues(values: Float32Array): Promise<void>;
  /** Per-example losses and hits without gradients: loss[b], and correct[b] = how many of the `length` next tokens the argmax gets right. */
  evaluate(
    tokens: Int32Array,
    batch: number,
    length: number,
  ): Promise<Result<{ readonly loss: Float64Array; readonly correct: Int32Array }>>;
  /**
   * Sum over examples of the gradient of the example's loss with respect to B, each clipped to L2 norm `clipNorm` first
   * (norms accumulated in float64). clipNorm = Infinity gives the plain sum. An empty batch gives zeros.
   */
  clippedGradientSum(
    tokens: Int32Array,
    batch: number,
    length: number,
    clipNorm: number,
  ): Promise<Result<ClippedGradient>>;
  /** Starts a fresh KV cache for decoding, up to `capacity` positions (<= contextLength). */
  startDecoding(capacity: number): Promise<Result<null>>;
  /** Feeds one token; logits [vocab] for the next. The array is only valid until the next call. */
  decode(token: number): Promise<Float32Array>;
  dispose(): void;
}

export interface ClippedGradient {
  /** [size], only valid until the next call. */
  readonly sum: Float32Array;
  readonly losses: Float64Array;
  /** Norms before clipping. */
  readonly norms: Float64Array;
}

export interface LlamaEngineFactory {
  readonly kind: LlamaEngine['kind'];
  /** `limits`: the largest batch and length that will be asked for; memory is planned once. Failure LEARN_MEMORY names the limit. */
  create(
    config: LlamaConfig,
    weights: LlamaWeights,
    limits: { readonly batchMax: number; readonly lengthMax: number },
  ): Promise<Result<LlamaEngine>>;
}
