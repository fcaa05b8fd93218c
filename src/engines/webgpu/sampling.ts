import { ok, type Result } from '../../core/lib/result.ts';
import { jobOf, type Dispatch } from './gpu.ts';
import { BLOCK, blockSums } from './reductions.ts';
import { isSplit, stateBindings, type GpuState } from './state.ts';

/** Thresholds of a workgroup: more in one block are shared among several, which load it again. */
const TASK_MAX = 2048;
/** Thresholds of one round over the GPU: 4 MiB. */
const ROUND_MAX = 2 ** 20;

/**
 * For ascending thresholds in [0, norm): the basis state at which the cumulative sum of squares first exceeds each. The
 * host sees only the sums of blocks, adds them in float64 and finds each threshold's block; the GPU searches inside.
 */
export async function searchCumulative(state: GpuState, thresholds: Float64Array): Promise<Result<Float64Array>> {
  const sums = await blockSums(state);
  if (!sums.ok) return sums;
  const out = new Float64Array(thresholds.length);
  const walk = new BlockWalk(sums.value);
  for (let from = 0; from < thresholds.length; from += ROUND_MAX) {
    const part = thresholds.subarray(from, from + ROUND_MAX);
    const found = await searchRound(state, walk, part);
    if (!found.ok) return found;
    out.set(found.value, from);
  }
  return ok(out);
}

/** Walks the blocks with ascending thresholds. Never stops at a block without weight. */
class BlockWalk {
  readonly #sums: Float32Array;
  readonly #last: number;
  #block = 0;
  #before = 0;

  constructor(sums: Float32Array) {
    this.#sums = sums;
    this.#last = Math.max(
      0,
      sums.findLastIndex((sum) => sum > 0),
    );
    this.#skipEmpty();
  }

  /** The block of a threshold, and how far into its sum the threshold lies. */
  find(threshold: number): { readonly block: number; readonly inside: number } {
    while (this.#block < this.#last && threshold >= this.#before + (this.#sums[this.#block] as number)) {
      this.#before += this.#sums[this.#block] as number;
      this.#block++;
      this.#skipEmpty();
    }
    return { block: this.#block, inside: Math.max(0, threshold - this.#before) };
  }

  #skipEmpty(): void {
    while (this.#block < this.#last && !((this.#sums[this.#block] as number) > 0)) this.#block++;
  }
}

async function searchRound(state: GpuState, walk: BlockWalk, thresholds: Float64Array): Promise<Result<Uint32Array>> {
  const { gpu, chunkBits } = state;
  const inside = new Float32Array(thresholds.length);
  const tasks: number[] = [];
  for (const [t, threshold] of thresholds.entries()) {
    const found = walk.find(threshold);
    inside[t] = found.inside;
    const open = tasks.length - 4;
    if (open >= 0 && tasks[open] === found.block && (tasks[open + 2] as number) < TASK_MAX)
      tasks[open + 2] = (tasks[open + 2] as number) + 1;
    else tasks.push(found.block, t, 1, 0);
  }
  const buffers = [
    gpu.buffer('search tasks', Uint32Array.from(tasks)),
    gpu.buffer('thresholds', inside),
    gpu.buffer('found', 4 * thresholds.length),
  ] as const;
  const count = tasks.length / 4;
  const dispatch: Dispatch = {
    shader: 'search',
    split: isSplit(state),
    buffers: [...stateBindings(state), ...buffers],
    job: jobOf(chunkBits, count),
    workgroups: count,
    work: count * BLOCK,
  };
  const out = new Uint32Array(thresholds.length);
  let done = await gpu.run([dispatch]);
  if (done.ok)
    done = await gpu.read(buffers[2], 0, 4 * out.length, (piece, at) => out.set(new Uint32Array(piece), at / 4));
  for (const buffer of buffers) buffer.destroy();
  return done.ok ? ok(out) : done;
}
