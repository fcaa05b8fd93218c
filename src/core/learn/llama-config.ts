/** The Llama family as Hugging Face's config.json describes it (model_type "llama"). Parsing: model-folder.ts. */
export interface LlamaConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Grouped-query attention: divides `heads`. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediateSize: number;
  /** Longest sequence: max_position_embeddings. */
  readonly contextLength: number;
  readonly ropeTheta: number;
  readonly rmsEps: number;
  /** Is the output head the embedding? */
  readonly tiedEmbeddings: boolean;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
}

/** Frozen base weights, f32, in the file's own layout: every linear map is [dOut, dIn] row-major (y = x W^T). */
export interface LlamaWeights {
  readonly embedding: Float32Array;
  readonly layers: readonly LlamaLayerWeights[];
  readonly finalNorm: Float32Array;
  /** [vocab, hidden]; the embedding itself when tied. */
  readonly head: Float32Array;
}

export interface LlamaLayerWeights {
  readonly inputNorm: Float32Array;
  readonly postNorm: Float32Array;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly o: Float32Array;
  readonly gate: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

/** [dIn, dOut] of each adaptable linear map. */
export function linearShape(
  config: LlamaConfig,
  name: 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down',
): readonly [dIn: number, dOut: number] {
  const d = config.hiddenSize;
  const q = config.heads * config.headDim;
  const kv = config.kvHeads * config.headDim;
  switch (name) {
    case 'q':
      return [d, q];
    case 'k':
    case 'v':
      return [d, kv];
    case 'o':
      return [q, d];
    case 'gate':
    case 'up':
      return [d, config.intermediateSize];
    case 'down':
      return [config.intermediateSize, d];
  }
}
