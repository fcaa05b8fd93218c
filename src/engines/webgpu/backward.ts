import { ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { inverseOf } from '../../core/quantum/circuit/builder.ts';
import type { UnitarySequence } from '../../core/quantum/engine/device.ts';
import { denseDispatches } from './apply.ts';
import { backwardLayers } from './backward-layers.ts';
import { jobOf, piecesOf, type Dispatch } from './gpu.ts';
import { blocksOf } from './plan/blocks.ts';
import { addGradient, encodeBackward, type BackwardPass } from './plan/encode-backward.ts';
import { passesOf, type Pass, type TileShape } from './plan/passes.ts';
import { workOf, type WebGpuPlan } from './plan/plan.ts';
import { isSplit, type GpuState } from './state.ts';

/** Two states share a tile, so it is the small one. */
const SHAPE: Omit<TileShape, 'low'> = { tile: 11, registers: 3 };
/** Workgroups whose sums `fold-sums.wgsl` adds to one number. */
const FOLDED = 4096;
/** Sums that one pass may leave on the GPU; larger states go back layer by layer. */
const SUM_BYTES_MAX = 2 ** 28;
const SUM_BYTES = 8;
/** Against one gate on one state: two states, and the sums. */
const BACKWARD_WORK = 3;

const planned = new WeakMap<UnitarySequence, readonly Pass[]>();

/**
 * 2 Re <lambda| d psi / d parameter> for all parameters, by the adjoint method: the passes of the plan backwards over
 * both states at once. A pass reads and writes each state once, whatever its number of parameters. Uses both states up.
 */
export async function backwardSweep(
  psi: GpuState,
  lambda: GpuState,
  plan: WebGpuPlan,
  fuse: boolean,
  values: Bindings,
  planAgain: (sequence: UnitarySequence) => Result<WebGpuPlan>,
): Promise<Result<Float64Array>> {
  const { sequence } = plan;
  const inLayers = (): Promise<Result<Float64Array>> => backwardLayers(psi, lambda, sequence, values, planAgain);
  if (!fuse || isSplit(psi)) return inLayers();
  const { gpu, qubits } = psi;
  const { words, passes } = encodeBackward(passesBack(plan), { ...plan.shape, ...SHAPE }, values);
  const groups = 2 ** Math.max(0, qubits - SHAPE.tile);
  const most = Math.max(4, ...passes.map(({ slots }) => slots));
  if (most * groups * SUM_BYTES > SUM_BYTES_MAX) return inLayers();
  const parts = Math.ceil(groups / FOLDED);
  const total = passes.reduce((sum, { slots }) => sum + slots, 0);
  const made = [
    gpu.buffer('backward program', words),
    gpu.buffer('sums', most * groups * SUM_BYTES),
    gpu.buffer('folded sums', Math.max(1, total * parts) * SUM_BYTES),
  ];
  const [program, sums, folded] = made as [GPUBuffer, GPUBuffer, GPUBuffer];
  const dispatches: Dispatch[] = [];
  let first = 0;
  for (const back of passes) {
    dispatches.push(...passDispatches(psi, lambda, plan, back, { program, sums, made }));
    if (back.slots > 0) dispatches.push(foldDispatch(sums, folded, groups, parts, back.slots, first * parts));
    first += back.slots;
  }
  const done = await gpu.run(dispatches);
  const read = done.ok ? await gpu.readFloats(folded, 2 * total * parts) : done;
  for (const buffer of made) buffer.destroy();
  return read.ok ? ok(gradientOf(sequence, passes, read.value, parts, values)) : read;
}

function passesBack({ sequence, fused, shape }: WebGpuPlan): readonly Pass[] {
  if (shape.registers === SHAPE.registers) return fused;
  let back = planned.get(sequence);
  if (back === undefined) {
    back = passesOf(blocksOf(sequence), sequence.qubits, { ...shape, ...SHAPE });
    planned.set(sequence, back);
  }
  return back;
}

function passDispatches(
  psi: GpuState,
  lambda: GpuState,
  plan: WebGpuPlan,
  { pass, start }: BackwardPass,
  { program, sums, made }: { readonly program: GPUBuffer; readonly sums: GPUBuffer; readonly made: GPUBuffer[] },
): readonly Dispatch[] {
  const { gpu, qubits } = psi;
  if (pass.kind === 'dense') {
    const block = { ...pass.block, step: inverseOf(pass.block.step) };
    return [psi, lambda].flatMap((state) => denseDispatches(state, plan, { kind: 'dense', block }, new Map(), made));
  }
  const groups = 2 ** Math.max(0, qubits - SHAPE.tile);
  const pad = (list: readonly number[]): readonly number[] => [...list, 0].slice(0, 12);
  let low = 0;
  while (pass.load[low] === low) low++;
  const work = BACKWARD_WORK * workOf(pass, qubits);
  return piecesOf(groups, work, gpu.submissionWork).map(({ from, to }) => ({
    shader: 'tileBackward',
    split: false,
    buffers: [psi.buffers[0] as GPUBuffer, lambda.buffers[0] as GPUBuffer, sums, program],
    job: jobOf(start, pass.rounds.length, from, to, groups, low, 0, 0, pad(pass.load), pad(pass.store)),
    workgroups: to - from,
    work: (work * (to - from)) / groups,
  }));
}

function foldDispatch(
  sums: GPUBuffer,
  folded: GPUBuffer,
  groups: number,
  parts: number,
  slots: number,
  first: number,
): Dispatch {
  return {
    shader: 'foldSums',
    split: false,
    buffers: [sums, folded],
    job: jobOf(groups, parts, slots * parts, first),
    workgroups: slots * parts,
    work: slots * groups,
  };
}

function gradientOf(
  { parameters }: UnitarySequence,
  passes: readonly BackwardPass[],
  folded: Float32Array,
  parts: number,
  values: Bindings,
): Float64Array {
  const gradient = new Float64Array(parameters.length);
  const position = new Map(parameters.map((name, i) => [name, i]));
  let first = 0;
  for (const { measurements, slots } of passes) {
    const base = first;
    const sumOf = (slot: number): readonly [number, number] => {
      let re = 0;
      let im = 0;
      for (let part = 0; part < parts; part++) {
        re += folded[2 * ((base + slot) * parts + part)] as number;
        im += folded[2 * ((base + slot) * parts + part) + 1] as number;
      }
      return [re, im];
    };
    for (const measurement of measurements)
      addGradient(measurement, sumOf, values, (name, slope) => {
        const to = position.get(name) as number;
        gradient[to] = (gradient[to] as number) + slope;
      });
    first += slots;
  }
  return gradient;
}
