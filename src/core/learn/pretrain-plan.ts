import { assert } from '../lib/assert.ts';
import type { Prng } from '../lib/prng.ts';
import type { LlamaConfig } from './llama-config.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** The shape of our own base model: 0.9 million parameters, so that a phone can train it and a repository can hold it. */
export const BASE_CONFIG: LlamaConfig = {
  vocabSize: 1024,
  hiddenSize: 128,
  layers: 4,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  intermediateSize: 384,
  contextLength: 256,
  ropeTheta: 10000,
  rmsEps: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 0,
  eosTokenId: 1,
};

/** BOS, document, EOS, BOS, ... as one long row. Every fifth time two documents share one BOS, with the empty line of plain files between. */
export function tokenStream(documents: readonly string[], tokenizer: TextTokenizer): Int32Array {
  const parts: Int32Array[] = [];
  let length = 0;
  const add = (part: Int32Array): void => {
    parts.push(part);
    length += part.length;
  };
  const ends = Int32Array.of(tokenizer.eosTokenId);
  for (let i = 0; i < documents.length; i++) {
    let text = documents[i] as string;
    if (i % 5 === 4 && i + 1 < documents.length) text += `\n\n${documents[++i] as string}`;
    add(tokenizer.encode(text, { bos: true }));
    add(ends);
  }
  const out = new Int32Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Windows at random places of a row of tokens; half of them begin at a document, as prompts do. */
export class BatchSource {
  readonly #tokens: Int32Array;
  readonly #prng: Prng;
  readonly #starts: readonly number[];

  constructor(tokens: Int32Array, prng: Prng) {
    const bos = tokens[0];
    this.#tokens = tokens;
    this.#prng = prng;
    this.#starts = Array.from(tokens.keys()).filter((place) => tokens[place] === bos);
  }

  /** [batch, length + 1]. */
  next(batch: number, length: number): Int32Array {
    const last = this.#tokens.length - length - 1;
    assert(last >= 0, `${this.#tokens.length} tokens are too few for windows of ${length + 1}`);
    const out = new Int32Array(batch * (length + 1));
    for (let i = 0; i < batch; i++) {
      const start = i % 2 === 0 ? this.#prng.pick(this.#starts) : this.#prng.below(last + 1);
      const from = Math.min(start, last);
      out.set(this.#tokens.subarray(from, from + length + 1), i * (length + 1));
    }
    return out;
  }
}

/** Warm-up over the first steps, then half a cosine down to a tenth (Loshchilov, Hutter 2017, arXiv 1608.03983). */
export function learningRate(step: number, steps: number, peak: number): number {
  const warm = Math.min(200, steps / 10);
  if (step < warm) return (peak * (step + 1)) / warm;
  return peak * (0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - warm)) / (steps - warm))));
}
