import { assert } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { ok, type Result } from '../../lib/result.ts';
import type { DevicePlan, StateDevice } from './device.ts';

/** 32 MiB of thresholds. One chunk is one pass over the state, so a million shots are one pass. */
const CHUNK_SHOTS = 2 ** 22;

/**
 * Independent draws of basis states. Each chunk asks the device for the places of sorted uniform thresholds in the
 * cumulative distribution and then shuffles the answers: the distribution is exact and the order carries nothing.
 */
export async function sampleState<State, Plan extends DevicePlan>(
  device: StateDevice<State, Plan>,
  state: State,
  shots: number,
  seed: number,
  chunkShots = CHUNK_SHOTS,
): Promise<Result<Float64Array>> {
  const out = new Float64Array(shots);
  if (shots === 0) return ok(out);
  const norm = await device.norm(state);
  if (!norm.ok) return norm;
  const prng = new Prng(seed);
  for (let from = 0; from < shots; from += chunkShots) {
    const chunk = out.subarray(from, Math.min(shots, from + chunkShots));
    const found = await device.search(state, sortedUniforms(prng, chunk.length, norm.value));
    if (!found.ok) return found;
    assert(found.value.length === chunk.length, `${found.value.length} places for ${chunk.length} thresholds`);
    chunk.set(found.value);
    shuffle(prng, chunk);
  }
  return ok(out);
}

/**
 * `count` uniforms in [0, below), ascending, without sorting: partial sums of exponential gaps over the sum of one gap more
 * (Devroye 1986, Non-Uniform Random Variate Generation, section V.2).
 */
export function sortedUniforms(prng: Prng, count: number, below: number): Float64Array {
  const gap = (): number => -Math.log(1 - prng.float());
  const out = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += gap();
    out[i] = sum;
  }
  const scale = below / (sum + gap());
  // A last gap of zero would give `below` itself.
  const largest = below * (1 - Number.EPSILON);
  for (let i = 0; i < count; i++) out[i] = Math.min(largest, scale * (out[i] as number));
  return out;
}

/** Fisher-Yates. */
function shuffle(prng: Prng, items: Float64Array): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    const held = items[i] as number;
    items[i] = items[j] as number;
    items[j] = held;
  }
}
