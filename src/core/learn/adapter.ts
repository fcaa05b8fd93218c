import { LINEAR_NAMES, type AdapterSpec, type LinearName } from '../federation/run-config.ts';
import { at } from '../lib/assert.ts';
import { Prng } from '../lib/prng.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { linearShape, type LlamaConfig } from './llama-config.ts';

/** Above this an adapter is no longer small: per-example gradients (batch x size) would not fit a tab. */
export const RANK_MAX = 256;
/** 256 MiB of B values: far above any model a tab can hold, far below what overflows 32-bit offsets. */
export const ADAPTER_SIZE_MAX = 2 ** 26;

/** The B factor of one linear map of one layer: `length` = rank x dOut values from `offset` of the adapter vector, [rank, dOut] row-major. */
export interface AdapterSlot {
  readonly layer: number;
  readonly name: LinearName;
  readonly dIn: number;
  readonly dOut: number;
  readonly offset: number;
  readonly length: number;
}

/** Failure LEARN_ADAPTER: what is wrong with the specification, for this model. */
export function checkAdapter(config: LlamaConfig, spec: AdapterSpec): Result<AdapterSpec> {
  const refuse = (message: string): Result<AdapterSpec> => fail('LEARN_ADAPTER', message);
  if (spec.kind !== 'ffa-lora') return refuse(`got kind "${String(spec.kind)}", expected "ffa-lora"`);
  if (!Number.isInteger(spec.rank) || spec.rank < 1 || spec.rank > RANK_MAX)
    return refuse(`got rank ${spec.rank}, expected an integer from 1 to ${RANK_MAX}`);
  if (!Number.isFinite(spec.alpha) || spec.alpha <= 0)
    return refuse(`got alpha ${spec.alpha}, expected a number above 0`);
  if (spec.targets.length === 0) return refuse('got no targets, expected at least one linear map');
  for (const name of spec.targets)
    if (!LINEAR_NAMES.includes(name)) return refuse(`got target "${name}", expected one of ${LINEAR_NAMES.join(', ')}`);
  if (new Set(spec.targets).size !== spec.targets.length)
    return refuse(`got targets ${spec.targets.join(', ')}, expected each linear map once`);
  if (!/^[0-9a-f]{32}$/.test(spec.seed))
    return refuse(`got seed "${spec.seed.slice(0, 40)}", expected 16 bytes as 32 digits 0-9 a-f`);
  const size = adapterSize(config, spec);
  if (size > ADAPTER_SIZE_MAX)
    return refuse(
      `got ${size} adapter values, expected at most ${ADAPTER_SIZE_MAX}: choose a lower rank or fewer targets`,
    );
  return ok(spec);
}

/** Every adapted map, layer by layer and in canonical order inside a layer, whatever the order of `spec.targets`. */
export function adapterLayout(config: LlamaConfig, spec: AdapterSpec): readonly AdapterSlot[] {
  const names = LINEAR_NAMES.filter((name) => spec.targets.includes(name));
  const slots: AdapterSlot[] = [];
  let offset = 0;
  for (let layer = 0; layer < config.layers; layer++) {
    for (const name of names) {
      const [dIn, dOut] = linearShape(config, name);
      const length = spec.rank * dOut;
      slots.push({ layer, name, dIn, dOut, offset, length });
      offset += length;
    }
  }
  return slots;
}

/** Values in the adapter vector. */
export function adapterSize(config: LlamaConfig, spec: AdapterSpec): number {
  return adapterLayout(config, spec).reduce((sum, slot) => sum + slot.length, 0);
}

/** The adapter adds scale (x A) B to a map's output. */
export function adapterScale(spec: AdapterSpec): number {
  return spec.alpha / spec.rank;
}

/**
 * The frozen factors A [dIn, rank] row-major, one per slot of `adapterLayout`, entries from N(0, 1/rank) (FFA-LoRA, arXiv 2403.12313).
 * Bit-identical on every machine: Marsaglia's polar method with a logarithm made of +, -, x and / only. `Math.log` and `Math.cos` may
 * differ between engines in the last bit, and two tabs with different A would average values that mean different things.
 */
export function drawFrozenA(config: LlamaConfig, spec: AdapterSpec): readonly Float32Array[] {
  const normal = normals(new Prng(spec.seed));
  const sigma = 1 / Math.sqrt(spec.rank);
  return adapterLayout(config, spec).map(({ dIn }) => {
    const a = new Float32Array(dIn * spec.rank);
    for (let i = 0; i < a.length; i++) a[i] = sigma * normal();
    return a;
  });
}

/** Standard normal deviates in pairs (Marsaglia, Bray 1964). */
function normals(prng: Prng): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const held = spare;
      spare = undefined;
      return held;
    }
    for (;;) {
      const x = 2 * prng.float() - 1;
      const y = 2 * prng.float() - 1;
      const s = x * x + y * y;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * naturalLog(s)) / s);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** ln s for 0 < s < 1: s = m 2^-e with m in [0.5, 1), ln m = 2 artanh((m - 1) / (m + 1)); |z| <= 1/3, so 16 terms reach 1e-16. */
function naturalLog(s: number): number {
  let m = s;
  let e = 0;
  while (m < 0.5) {
    m *= 2;
    e++;
  }
  const z = (m - 1) / (m + 1);
  const z2 = z * z;
  let sum = 0;
  for (let n = 31; n >= 1; n -= 2) sum = sum * z2 + 1 / n;
  return 2 * z * sum - e * Math.LN2;
}

/** The slot of one map, if it is adapted. */
export function slotOf(slots: readonly AdapterSlot[], layer: number, name: LinearName): AdapterSlot | undefined {
  const perLayer = slots.filter((slot) => slot.layer === 0).length;
  for (let i = layer * perLayer; i < (layer + 1) * perLayer; i++) if (at(slots, i).name === name) return at(slots, i);
  return undefined;
}
