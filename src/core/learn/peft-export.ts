import type { PeftFiles } from '../contracts/training-service.ts';
import type { AdapterSpec, LinearName } from '../federation/run-config.ts';
import { at } from '../lib/assert.ts';
import { fail, type Failure, ok, type Result } from '../lib/result.ts';
import { adapterLayout, adapterSize, drawFrozenA } from './adapter.ts';
import type { LlamaConfig } from './llama-config.ts';
import { type NamedTensor, writeSafetensors } from './safetensors.ts';

export type PeftFailure = Failure<'LEARN_ADAPTER'>;

const MODULES: Readonly<Record<LinearName, string>> = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.o_proj',
  gate: 'mlp.gate_proj',
  up: 'mlp.up_proj',
  down: 'mlp.down_proj',
};

/**
 * adapter_model.safetensors (f32) and adapter_config.json as Hugging Face's PEFT reads them: lora_A [rank, dIn] and lora_B [dOut, rank]
 * are our A and B transposed, and y = x W^T + alpha/rank (x lora_A^T) lora_B^T. Failure LEARN_ADAPTER: wrong length or values.
 */
export function exportPeft(
  config: LlamaConfig,
  spec: AdapterSpec,
  adapter: Float32Array,
  baseModel: string,
): Result<PeftFiles, PeftFailure> {
  const size = adapterSize(config, spec);
  if (adapter.length !== size)
    return fail(
      'LEARN_ADAPTER',
      `the adapter has ${adapter.length} values, the model and its specification need ${size}`,
    );
  if (!adapter.every(Number.isFinite))
    return fail('LEARN_ADAPTER', 'the adapter holds values that are not finite; take an older snapshot');
  const frozen = drawFrozenA(config, spec);
  const tensors: NamedTensor[] = [];
  for (const [index, slot] of adapterLayout(config, spec).entries()) {
    const { layer, name, dIn, dOut, offset, length } = slot;
    const stem = `base_model.model.model.layers.${layer}.${MODULES[name]}`;
    tensors.push(
      { name: `${stem}.lora_A.weight`, shape: [spec.rank, dIn], values: transpose(at(frozen, index), dIn, spec.rank) },
      {
        name: `${stem}.lora_B.weight`,
        shape: [dOut, spec.rank],
        values: transpose(adapter.subarray(offset, offset + length), spec.rank, dOut),
      },
    );
  }
  return ok({ weights: writeSafetensors(tensors, 'F32', { format: 'pt' }), config: adapterConfig(spec, baseModel) });
}

function adapterConfig(spec: AdapterSpec, baseModel: string): string {
  const fields = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: spec.rank,
    lora_alpha: spec.alpha,
    lora_dropout: 0,
    target_modules: spec.targets.map((name) => MODULES[name].slice(MODULES[name].indexOf('.') + 1)),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    use_rslora: false,
    use_dora: false,
  };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j] as number;
  return out;
}
