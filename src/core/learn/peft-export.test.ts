import { describe, expect, it } from 'vitest';
import type { AdapterSpec } from '../federation/run-config.ts';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { adapterLayout, adapterScale, adapterSize, drawFrozenA } from './adapter.ts';
import { exportPeft } from './peft-export.ts';
import { BASE_CONFIG } from './pretrain-plan.ts';
import { readSafetensors, widenTensor } from './safetensors.ts';

const config = {
  ...BASE_CONFIG,
  vocabSize: 20,
  hiddenSize: 10,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 14,
};
const spec: AdapterSpec = {
  kind: 'ffa-lora',
  rank: 3,
  alpha: 6,
  targets: ['v', 'down', 'q'],
  seed: '00112233445566778899aabbccddeeff',
};
const adapter = Float32Array.from(
  { length: adapterSize(config, spec) },
  (
    (prng) => () =>
      prng.normal()
  )(new Prng(2)),
);

describe('PEFT export', () => {
  const files = unwrap(exportPeft(config, spec, adapter, 'plaquette-1m'));
  const tensors = unwrap(readSafetensors(files.weights));
  const get = (name: string): { shape: readonly number[]; values: Float32Array } => {
    const tensor = tensors.get(`base_model.model.model.layers.${name}.weight`)!;
    return { shape: tensor.shape, values: widenTensor(tensor) };
  };

  it('holds two tensors per adapted map, in PEFT shapes', () => {
    expect(tensors.size).toBe(2 * 2 * 3);
    expect(get('1.self_attn.q_proj.lora_A').shape).toEqual([3, 10]);
    expect(get('1.self_attn.q_proj.lora_B').shape).toEqual([8, 3]);
    expect(get('0.self_attn.v_proj.lora_B').shape).toEqual([4, 3]);
    expect(get('0.mlp.down_proj.lora_A').shape).toEqual([3, 14]);
    expect(get('0.mlp.down_proj.lora_B').shape).toEqual([10, 3]);
  });

  it('adds to each map what the engine adds', () => {
    const modules = { q: 'self_attn.q_proj', v: 'self_attn.v_proj', down: 'mlp.down_proj' };
    const { r, lora_alpha: alpha } = JSON.parse(files.config) as { r: number; lora_alpha: number };
    const frozen = drawFrozenA(config, spec);
    const prng = new Prng(9);
    for (const [index, { layer, name, dIn, dOut, offset }] of adapterLayout(config, spec).entries()) {
      const x = Array.from({ length: dIn }, () => prng.normal());
      const a = get(`${layer}.${modules[name as 'q']}.lora_A`).values;
      const b = get(`${layer}.${modules[name as 'q']}.lora_B`).values;
      for (let j = 0; j < dOut; j++) {
        let ours = 0;
        let theirs = 0;
        for (let k = 0; k < spec.rank; k++) {
          let uOurs = 0;
          let uTheirs = 0;
          for (let i = 0; i < dIn; i++) {
            uOurs += x[i]! * frozen[index]![i * spec.rank + k]!;
            uTheirs += x[i]! * a[k * dIn + i]!;
          }
          ours += adapterScale(spec) * uOurs * adapter[offset + k * dOut + j]!;
          theirs += (alpha / r) * uTheirs * b[j * spec.rank + k]!;
        }
        expect(theirs).toBeCloseTo(ours, 10);
        expect(ours).not.toBe(0);
      }
    }
  });

  it('describes itself the way PEFT expects', () => {
    expect(JSON.parse(files.config)).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: 'plaquette-1m',
      r: 3,
      lora_alpha: 6,
      bias: 'none',
      target_modules: ['v_proj', 'down_proj', 'q_proj'],
    });
  });

  it('refuses an adapter of another size or with broken values', () => {
    for (const values of [adapter.subarray(1), adapter.map((value, i) => (i === 5 ? NaN : value))])
      expect(exportPeft(config, spec, values, 'x')).toMatchObject({ ok: false, error: { code: 'LEARN_ADAPTER' } });
  });
});
