import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdapterSpec, LINEAR_NAMES } from '../federation/run-config.ts';
import { unwrap } from '../lib/result.ts';
import { adapterLayout } from './adapter.ts';
import type { LlamaEngine, LlamaEngineFactory } from './engine.ts';
import type { LlamaConfig, LlamaWeights } from './llama-config.ts';
import { referenceFactory } from './reference-engine.ts';
import { closeness, norm } from './testing/compare.ts';
import { adapterSpec, randomTokens, randomValues, randomWeights, SMALL } from './testing/random-model.ts';

interface Case {
  readonly config: LlamaConfig;
  readonly spec: AdapterSpec;
  readonly batch: number;
  readonly length: number;
  readonly seed: number;
}

const all = [...LINEAR_NAMES];
const shape = (changes: Partial<LlamaConfig>): LlamaConfig => ({ ...SMALL, ...changes });
const oneCase = (changes: Partial<Case> = {}): Case => ({
  config: SMALL,
  spec: adapterSpec(),
  batch: 3,
  length: 9,
  seed: 1,
  ...changes,
});

const CASES: readonly (readonly [string, Case])[] = [
  ['grouped keys, tied head', oneCase()],
  ['every map adapted', oneCase({ spec: adapterSpec({ targets: all }) })],
  ['only down', oneCase({ spec: adapterSpec({ targets: ['down'] }) })],
  ['only gate', oneCase({ spec: adapterSpec({ targets: ['gate'] }) })],
  ['only o', oneCase({ spec: adapterSpec({ targets: ['o'] }) })],
  ['only k', oneCase({ spec: adapterSpec({ targets: ['k'] }) })],
  ['targets in another order', oneCase({ spec: adapterSpec({ targets: ['v', 'down', 'q'] }) })],
  ['untied head', oneCase({ config: shape({ tiedEmbeddings: false }), spec: adapterSpec({ targets: all }) })],
  [
    'widths that are no multiple of 4, 8 or 12',
    oneCase({
      config: shape({ hiddenSize: 30, headDim: 10, heads: 3, kvHeads: 1, intermediateSize: 173, vocabSize: 61 }),
      spec: adapterSpec({ targets: all, rank: 3 }),
    }),
  ],
  [
    'inputs wider than 256',
    oneCase({ config: shape({ hiddenSize: 260, intermediateSize: 300, layers: 1 }), length: 5 }),
  ],
  ['length 1', oneCase({ length: 1, spec: adapterSpec({ targets: all }) })],
  ['batch 1', oneCase({ batch: 1 })],
  ['one token, one example', oneCase({ batch: 1, length: 1 })],
  ['rank 1', oneCase({ spec: adapterSpec({ rank: 1, alpha: 1, targets: all }) })],
  [
    'rank above the output width',
    oneCase({ config: shape({ headDim: 2 }), spec: adapterSpec({ rank: 11, targets: all }) }),
  ],
  ['length above the attention block', oneCase({ length: 53, batch: 2 })],
  ['vocabulary of 1', oneCase({ config: shape({ vocabSize: 1 }) })],
];

/** One suite over every engine. Agreement is with the float64 reference; the reference itself stands on finite differences and jax-js. */
export function engineContract(factory: LlamaEngineFactory): void {
  describe(`engine ${factory.kind}`, () => {
    agreement(factory);
    gradients(factory);
    badInput(factory);
    decoding(factory);
  });
}

function agreement(factory: LlamaEngineFactory): void {
  it.each(CASES)('agrees with the reference: %s', async (_name, chosen) => {
    expect(await disagreements(factory, chosen)).toEqual([]);
  });

  // Widths start at 6: with fewer, a norm's backward pass cancels to almost nothing and only f32 rounding is left to compare.
  // The adapter is kept mild (alpha = rank / 2): steep attention of random weights would turn the rounding of the scores into the difference.
  it('agrees with the reference on random shapes', async () => {
    const count = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
    const random = fc.record({
      kv: count(3),
      group: count(3),
      half: count(5),
      d: fc.integer({ min: 6, max: 40 }),
      f: count(40),
      v: fc.integer({ min: 2, max: 40 }),
      layers: count(2),
      rank: count(9),
      tied: fc.boolean(),
      batch: count(4),
      length: count(30),
      targets: fc.subarray(all, { minLength: 1 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(
        random,
        async ({ kv, group, half, d, f, v, layers, rank, tied, batch, length, targets, seed }) => {
          const config = shape({
            vocabSize: v,
            hiddenSize: d,
            layers,
            heads: kv * group,
            kvHeads: kv,
            headDim: 2 * half,
            intermediateSize: f,
            tiedEmbeddings: tied,
          });
          const chosen = { config, spec: adapterSpec({ rank, alpha: rank / 2, targets }), batch, length, seed };
          expect(await disagreements(factory, chosen, 0.1)).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gives finite losses for logits of +-1e4', async () => {
    const config = shape({ tiedEmbeddings: false });
    const weights = randomWeights(config, 3);
    for (let i = 0; i < weights.head.length; i++) weights.head[i]! *= 5e3;
    const tokens = randomTokens(config, 2 * 9, 4);
    const mine = await open(factory, oneCase({ config }), weights);
    const oracle = await open(referenceFactory, oneCase({ config }), weights);
    const got = unwrap(await mine.clippedGradientSum(tokens, 2, 8, 1));
    const expected = unwrap(await oracle.evaluate(tokens, 2, 8));
    for (const [b, loss] of got.losses.entries()) {
      expect(loss).toBeGreaterThan(1e3);
      expect(Math.abs(loss / expected.loss[b]! - 1)).toBeLessThan(1e-4);
    }
    expect(got.sum.every(Number.isFinite)).toBe(true);
  });
}

/** A map whose gradient nearly cancels (saturated attention, length 1) is measured against `floor` times the whole gradient. */
async function disagreements(factory: LlamaEngineFactory, chosen: Case, floor = 0.01): Promise<string[]> {
  const { config, spec, batch, length, seed } = chosen;
  const weights = randomWeights(config, seed);
  const tokens = randomTokens(config, batch * (length + 1), seed + 1);
  const [mine, oracle] = [await open(factory, chosen, weights), await open(referenceFactory, chosen, weights)];
  const got = unwrap(await mine.clippedGradientSum(tokens, batch, length, Number.POSITIVE_INFINITY));
  const expected = unwrap(await oracle.clippedGradientSum(tokens, batch, length, Number.POSITIVE_INFINITY));
  const found: string[] = [];
  for (let b = 0; b < batch; b++) {
    const [loss, length2] = [expected.losses[b]!, expected.norms[b]!];
    found.push(closeness(`loss ${b}`, Math.abs(got.losses[b]! - loss), 1e-4 * Math.max(loss, 1e-3)));
    found.push(closeness(`norm ${b}`, Math.abs(got.norms[b]! - length2), 1e-4 * length2 + 1e-6));
  }
  const total = norm(expected.sum);
  for (const { layer, name, offset, length: values } of adapterLayout(config, spec)) {
    const part = expected.sum.subarray(offset, offset + values);
    const difference = norm(part.map((value, i) => value - got.sum[offset + i]!));
    const bound = 1e-4 * Math.max(norm(part), floor * total) + 1e-7;
    found.push(closeness(`${name} of layer ${layer}`, difference, bound));
  }
  const evaluated = unwrap(await mine.evaluate(tokens, batch, length));
  const judged = unwrap(await oracle.evaluate(tokens, batch, length));
  for (let b = 0; b < batch; b++) {
    found.push(closeness(`hits ${b}`, Math.abs(evaluated.correct[b]! - judged.correct[b]!), 0));
    found.push(closeness(`evaluated loss ${b}`, Math.abs(evaluated.loss[b]! - got.losses[b]!), 1e-6));
  }
  mine.dispose();
  return found.filter((sentence) => sentence !== 'close');
}

function gradients(factory: LlamaEngineFactory): void {
  it('has gradients that finite differences confirm', async () => {
    for (const targets of [all, ...all.map((name) => [name])]) {
      const chosen = oneCase({ spec: adapterSpec({ targets }), batch: 2 });
      const engine = await open(factory, chosen);
      const tokens = randomTokens(SMALL, 2 * 10, 8);
      const values = randomValues(engineSize(chosen), 5);
      const gradient = Float32Array.from(
        unwrap(await engine.clippedGradientSum(tokens, 2, 9, Number.POSITIVE_INFINITY)).sum,
      );
      const length = norm(gradient);
      expect(length).toBeGreaterThan(0.1);
      const step = 0.002;
      const lossAt = async (h: number): Promise<number> => {
        await engine.setAdapterValues(values.map((value, i) => value + (h * gradient[i]!) / length));
        return unwrap(await engine.evaluate(tokens, 2, 9)).loss.reduce((a, b) => a + b);
      };
      // Fourth order: the error of the formula is far below the rounding of f32 losses.
      const slope =
        (8 * ((await lossAt(step)) - (await lossAt(-step))) - ((await lossAt(2 * step)) - (await lossAt(-2 * step)))) /
        (12 * step);
      expect(closeness(targets.join(', '), Math.abs(slope / length - 1), 1e-3)).toBe('close');
    }
  });

  it('clips every example to the bound and adds the clipped gradients', async () => {
    const chosen = oneCase({ batch: 4 });
    const engine = await open(factory, chosen);
    const tokens = randomTokens(SMALL, 4 * 10, 12);
    const single: Float32Array[] = [];
    for (let b = 0; b < 4; b++) {
      const one = tokens.subarray(b * 10, b * 10 + 10);
      single.push(Float32Array.from(unwrap(await engine.clippedGradientSum(one, 1, 9, Number.POSITIVE_INFINITY)).sum));
    }
    const lengths = single.map(norm).sort((a, b) => a - b);
    const bound = (lengths[1]! + lengths[2]!) / 2;
    const { sum, norms } = unwrap(await engine.clippedGradientSum(tokens, 4, 9, bound));
    const expected = new Float64Array(sum.length);
    for (const [b, gradient] of single.entries()) {
      expect(Math.abs(norms[b]! / norm(gradient) - 1)).toBeLessThan(1e-5);
      for (let i = 0; i < sum.length; i++) expected[i]! += gradient[i]! * Math.min(1, bound / norm(gradient));
    }
    expect(norm(sum.map((value, i) => value - expected[i]!))).toBeLessThan(1e-5 * bound);
    for (let b = 0; b < 4; b++) {
      const one = unwrap(await engine.clippedGradientSum(tokens.subarray(b * 10, b * 10 + 10), 1, 9, lengths[0]! / 2));
      expect(Math.abs(norm(one.sum) / (lengths[0]! / 2) - 1)).toBeLessThan(1e-5);
    }
  });

  it('returns zeros for an empty batch', async () => {
    const engine = await open(factory, oneCase());
    unwrap(await engine.clippedGradientSum(randomTokens(SMALL, 20, 1), 2, 9, 1));
    const empty = unwrap(await engine.clippedGradientSum(new Int32Array(0), 0, 9, 1));
    expect(empty.sum.length).toBeGreaterThan(0);
    expect(empty.sum.every((value) => value === 0)).toBe(true);
    expect([empty.losses.length, empty.norms.length]).toEqual([0, 0]);
    expect(unwrap(await engine.evaluate(new Int32Array(0), 0, 9)).loss.length).toBe(0);
  });

  it('gives every example the gradient it has alone, in a smaller batch and length than planned', async () => {
    const engine = await open(factory, oneCase());
    const tokens = randomTokens(SMALL, 3 * 7, 9);
    const together = Float32Array.from(unwrap(await engine.clippedGradientSum(tokens, 3, 6, 0.1)).sum);
    const apart = new Float64Array(together.length);
    for (let b = 0; b < 3; b++) {
      const { sum } = unwrap(await engine.clippedGradientSum(tokens.subarray(b * 7, b * 7 + 7), 1, 6, 0.1));
      for (const [i, value] of sum.entries()) apart[i]! += value;
    }
    expect(norm(together.map((value, i) => value - apart[i]!))).toBeLessThan(1e-5 * norm(together));
  });

  it('starts with an adapter that adds nothing, and repeats itself bit for bit', async () => {
    const engine = unwrap(await factory.create(SMALL, randomWeights(SMALL, 1), { batchMax: 2, lengthMax: 9 }));
    const tokens = randomTokens(SMALL, 20, 2);
    const bare = unwrap(await engine.evaluate(tokens, 2, 9));
    const { size } = unwrap(await engine.setAdapter(adapterSpec()));
    expect(size).toBe(2 * 4 * (24 + 12));
    expect([...unwrap(await engine.evaluate(tokens, 2, 9)).loss]).toEqual([...bare.loss]);
    const first = Float32Array.from(unwrap(await engine.clippedGradientSum(tokens, 2, 9, 1)).sum);
    await engine.setAdapterValues(randomValues(size, 3));
    expect([...unwrap(await engine.evaluate(tokens, 2, 9)).loss]).not.toEqual([...bare.loss]);
    unwrap(await engine.setAdapter(adapterSpec({ rank: 9, targets: all })));
    unwrap(await engine.setAdapter(adapterSpec()));
    expect(unwrap(await engine.clippedGradientSum(tokens, 2, 9, 1)).sum).toEqual(first);
  });
}

function badInput(factory: LlamaEngineFactory): void {
  it.each([SMALL.vocabSize, -1, 2 ** 31 - 1])('refuses token %d', async (token) => {
    const engine = await open(factory, oneCase());
    const tokens = randomTokens(SMALL, 10, 1);
    tokens[9] = token;
    expect(await engine.evaluate(tokens, 1, 9)).toMatchObject({ ok: false, error: { code: 'LEARN_TOKEN' } });
    expect(await engine.clippedGradientSum(tokens, 1, 9, 1)).toMatchObject({
      ok: false,
      error: { code: 'LEARN_TOKEN' },
    });
  });

  it.each([
    [4, 9, 40],
    [1, 10, 11],
    [1, 9, 9],
    [-1, 9, 0],
    [1, 0, 1],
    [1.5, 9, 15],
  ])('refuses a batch of %d x %d in %d tokens', async (batch, length, count) => {
    const engine = await open(factory, oneCase());
    const tokens = randomTokens(SMALL, count, 1);
    expect(await engine.evaluate(tokens, batch, length)).toMatchObject({ ok: false, error: { code: 'LEARN_BATCH' } });
  });

  it('reports losses, norms and gradients that are not numbers', async () => {
    const weights = randomWeights(SMALL, 1);
    const config = shape({ tiedEmbeddings: false });
    const damaged = { ...weights, embedding: Float32Array.from(weights.embedding) };
    damaged.embedding[7 * SMALL.hiddenSize + 3] = Number.NaN;
    const engine = await open(factory, oneCase({ config }), damaged);
    const tokens = new Int32Array(20).fill(5);
    tokens[2] = 7;
    const { losses, norms, sum } = unwrap(await engine.clippedGradientSum(tokens, 2, 9, 1));
    expect([losses[0], norms[0]]).toEqual([Number.NaN, Number.NaN]);
    expect(Number.isFinite(losses[1]) && Number.isFinite(norms[1])).toBe(true);
    expect(sum.some(Number.isNaN)).toBe(true);
    expect(unwrap(await engine.evaluate(tokens, 2, 9)).loss[0]).toBeNaN();
  });

  it('refuses impossible shapes, weights and limits', async () => {
    const weights = randomWeights(SMALL, 1);
    const limits = { batchMax: 1, lengthMax: 8 };
    const code = async (config: LlamaConfig, given = weights, asked = limits): Promise<string> => {
      const result = await factory.create(config, given, asked);
      return result.ok ? 'ok' : result.error.code;
    };
    expect(await code(SMALL)).toBe('ok');
    expect(await code(shape({ headDim: 5 }))).toBe('LEARN_CONFIG');
    expect(await code(shape({ kvHeads: 3 }))).toBe('LEARN_CONFIG');
    expect(await code(shape({ vocabSize: 0 }))).toBe('LEARN_CONFIG');
    expect(await code(shape({ hiddenSize: 28 }))).toBe('LEARN_WEIGHTS');
    expect(await code(shape({ layers: 3 }))).toBe('LEARN_WEIGHTS');
    expect(await code(SMALL, weights, { batchMax: 1, lengthMax: 65 })).toBe('LEARN_LIMITS');
    expect(await code(SMALL, weights, { batchMax: 0, lengthMax: 8 })).toBe('LEARN_LIMITS');
  });

  it.each([
    { rank: 0 },
    { rank: 257 },
    { rank: 1.5 },
    { alpha: 0 },
    { alpha: Number.NaN },
    { targets: [] },
    { targets: ['q', 'q'] as const },
    { seed: 'xyz' },
  ])('refuses the adapter %j', async (changes) => {
    const engine = unwrap(await factory.create(SMALL, randomWeights(SMALL, 1), { batchMax: 1, lengthMax: 8 }));
    expect(await engine.setAdapter(adapterSpec(changes))).toMatchObject({
      ok: false,
      error: { code: 'LEARN_ADAPTER' },
    });
    expect(await engine.clippedGradientSum(new Int32Array(9), 1, 8, 1)).toMatchObject({
      ok: false,
      error: { code: 'LEARN_ADAPTER' },
    });
  });
}

function decoding(factory: LlamaEngineFactory): void {
  it.each([
    ['tied, grouped', oneCase({ spec: adapterSpec({ targets: all }) })],
    [
      'untied, odd widths',
      oneCase({
        config: shape({ tiedEmbeddings: false, hiddenSize: 30, intermediateSize: 43, vocabSize: 61 }),
        spec: adapterSpec({ targets: all, rank: 3 }),
      }),
    ],
  ])('decodes what the full forward pass says: %s', async (_name, chosen) => {
    const weights = randomWeights(chosen.config, 1);
    const [mine, oracle] = [await open(factory, chosen, weights), await open(referenceFactory, chosen, weights)];
    const tokens = randomTokens(chosen.config, 10, 21);
    for (let run = 0; run < 2; run++) {
      unwrap(await mine.startDecoding(9));
      unwrap(await oracle.startDecoding(9));
      let loss = 0;
      for (let t = 0; t < 9; t++) {
        const logits = Float64Array.from(await mine.decode(tokens[t]!));
        const expected = await oracle.decode(tokens[t]!);
        for (const [i, value] of logits.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-3);
        loss += Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0)) - logits[tokens[t + 1]!]!;
      }
      expect(loss / 9).toBeCloseTo(unwrap(await mine.evaluate(tokens, 1, 9)).loss[0]!, 4);
    }
    await expect(mine.decode(0)).rejects.toThrow('cache');
  });

  it('refuses a cache longer than the context', async () => {
    const engine = await open(factory, oneCase());
    expect(await engine.startDecoding(65)).toMatchObject({ ok: false, error: { code: 'LEARN_CONTEXT' } });
    expect(await engine.startDecoding(0)).toMatchObject({ ok: false, error: { code: 'LEARN_CONTEXT' } });
    expect(await engine.startDecoding(64)).toMatchObject({ ok: true });
  });
}

/** An engine with a loaded adapter whose B is random. */
async function open(factory: LlamaEngineFactory, chosen: Case, weights?: LlamaWeights): Promise<LlamaEngine> {
  const { config, spec, batch, length, seed } = chosen;
  const limits = { batchMax: batch, lengthMax: length };
  const engine = unwrap(await factory.create(config, weights ?? randomWeights(config, seed), limits));
  const { size } = unwrap(await engine.setAdapter(spec));
  await engine.setAdapterValues(randomValues(size, 5));
  return engine;
}

function engineSize({ config, spec }: Case): number {
  return adapterLayout(config, spec).reduce((sum, slot) => sum + slot.length, 0);
}
