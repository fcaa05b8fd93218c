import { encode, rfc8949EncodeOptions } from 'cborg';
import { describe, expect, it } from 'vitest';
import { unwrap } from '../lib/result.ts';
import { defaultRunConfig } from './run-defaults.ts';
import {
  checkRunConfig,
  decodeRunConfig,
  decodeSignedConfig,
  encodeRunConfig,
  encodeSignedConfig,
  openSignedConfig,
  type VerifyConfig,
} from './run-config-codec.ts';
import { CONFIG, HEX16 } from './testing/wire-cases.ts';

const bytes = unwrap(encodeRunConfig(CONFIG));
const KEY = new Uint8Array([7]);
/** A stand-in with the one property that matters here: it depends on key and message. */
const signature = (message: Uint8Array): Uint8Array => Uint8Array.of(message.length & 255, message.at(-1) ?? 0);
const verify: VerifyConfig = (key, message, got) => key[0] === 7 && Buffer.compare(got, signature(message)) === 0;
const signed = encodeSignedConfig({ config: bytes, signature: signature(bytes), algorithm: 'ml-dsa-44' });

describe('run configuration', () => {
  it('[CF1] reads back from its bytes, which depend on the values only', () => {
    expect(decodeRunConfig(bytes)).toEqual({ ok: true, value: CONFIG });
    const shuffled = Object.fromEntries(Object.entries(CONFIG).reverse()) as unknown as typeof CONFIG;
    expect(unwrap(encodeRunConfig(shuffled))).toEqual(bytes);
  });

  it('[CF1] accepts the defaults of the project', () => {
    for (const profile of ['private', 'noise-off'] as const) {
      const { adapter, ...rest } = defaultRunConfig({ profile });
      expect(checkRunConfig({ ...CONFIG, ...rest, adapter: { ...adapter, seed: HEX16 } })).toMatchObject({ ok: true });
    }
  });

  const set = (path: string, value: unknown): unknown => {
    const copy = structuredClone(CONFIG) as unknown as Record<string, Record<string, unknown>>;
    const [group, key] = path.split('.') as [string, string | undefined];
    if (key === undefined) (copy as Record<string, unknown>)[group] = value;
    else copy[group]![key] = value;
    return copy;
  };

  it.each([
    ['version', 2],
    ['runId', 'XYZ'],
    ['runId', HEX16.toUpperCase()],
    ['name', ''],
    ['name', 'x'.repeat(121)],
    ['createdAt', Number.NaN],
    ['mode', 'private'],
    ['model', null],
    ['model.id', '../etc'],
    ['model.weightsSha256', ''],
    ['adapter.kind', 'lora'],
    ['adapter.rank', 0],
    ['adapter.rank', 257],
    ['adapter.alpha', 0],
    ['adapter.targets', []],
    ['adapter.targets', ['v', 'q']],
    ['adapter.targets', ['q', 'q']],
    ['adapter.targets', ['__proto__']],
    ['adapter.extra', 1],
    ['privacy.epsilonBudget', 0],
    ['privacy.epsilonBudget', Number.POSITIVE_INFINITY],
    ['privacy.delta', 0],
    ['privacy.delta', 0.2],
    ['privacy.clipNorm', -1],
    ['privacy.noiseMultiplier', Number.NaN],
    ['privacy.noiseMultiplier', -0.1],
    ['training.expectedBatchSize', 0],
    ['training.stepsPerRound', 1.5],
    ['training.optimizer', 'adamw'],
    ['training.learningRate', 0],
    ['training.deltaEncoding', 'f16'],
    ['rounds.quorum', 0],
    ['rounds.quorum', 1.01],
    ['rounds.participantsMin', 0],
    ['rounds.participantsMin', 5],
    ['rounds.cohortTarget', 0],
    ['rounds.deadlineMs', 100],
    ['rounds.gatherMs', -1],
    ['rounds.stalenessMax', -1],
    ['rounds.roundsMax', 0],
  ])('[CF2] refuses %s = %j and names it', (path, value) => {
    const result = checkRunConfig(set(path, value));
    expect(result).toMatchObject({ ok: false, error: { code: 'FED_CONFIG' } });
    expect(result.ok ? '' : result.error.message).toContain(path.split('.').at(-1));
    const encoded = encode(set(path, value), rfc8949EncodeOptions);
    expect(decodeRunConfig(encoded)).toMatchObject({ ok: false, error: { code: 'FED_CONFIG' } });
  });

  it('[CF2] refuses a name that UTF-8 cannot carry', () => {
    expect(checkRunConfig(set('name', '\ud800'))).toMatchObject({ ok: false, error: { code: 'FED_CONFIG' } });
  });

  it('[CF2] refuses bytes that are not canonical, cut off or longer than the bound', () => {
    for (const wrong of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array(20_000), new Uint8Array(0)])
      expect(decodeRunConfig(wrong)).toMatchObject({ ok: false, error: { code: 'FED_CONFIG' } });
  });

  it('[CF3] opens what the key signed', () => {
    expect(openSignedConfig(signed, KEY, verify)).toEqual({ ok: true, value: CONFIG });
    expect(decodeSignedConfig(signed)).toMatchObject({ ok: true, value: { config: bytes } });
  });

  it('[CF3] refuses another key, another signature and every flipped bit of the configuration', () => {
    const refusal = { ok: false, error: { code: 'FED_CONFIG_SIGNATURE', retry: false } };
    expect(openSignedConfig(signed, new Uint8Array([8]), verify)).toMatchObject(refusal);
    const other = encodeSignedConfig({ config: bytes, signature: new Uint8Array([1]), algorithm: 'ml-dsa-44' });
    expect(openSignedConfig(other, KEY, verify)).toMatchObject(refusal);
    for (let i = 0; i < signed.length; i += 7) {
      const flipped = signed.slice();
      flipped[i] = (flipped[i] ?? 0) ^ 1;
      // The stand-in signature covers length and last byte only, so what it lets through must not decode to the same rules.
      expect(openSignedConfig(flipped, KEY, verify)).not.toEqual({ ok: true, value: CONFIG });
    }
  });
});
