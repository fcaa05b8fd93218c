import type { Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { matrixOf, type Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Watch } from '../../core/quantum/engine/device.ts';
import { jobOf, piecesOf, type Dispatch } from './gpu.ts';
import { bitsOf } from './plan/choose.ts';
import type { DensePass, TilePass } from './plan/passes.ts';
import { pieces, programOf, workOf, type GatePass, type WebGpuPlan } from './plan/plan.ts';
import { isSplit, stateBindings, type GpuState } from './state.ts';

/** Runs a plan on a state, in place. */
export async function applyPlan(
  state: GpuState,
  plan: WebGpuPlan,
  values: Bindings,
  watch?: Watch,
): Promise<Result<null>> {
  const { gpu } = state;
  const { words, starts } = programOf(plan, values);
  const program = gpu.buffer('program', words);
  const matrices: GPUBuffer[] = [];
  const dispatches: Dispatch[] = [];
  let tile = 0;
  for (const pass of plan.passes) {
    if (pass.kind === 'gate') {
      dispatches.push(...gateDispatches(state, pass, values));
      continue;
    }
    if (pass.kind === 'tile') dispatches.push(...tileDispatches(state, plan, pass, program, starts[tile] as number));
    else dispatches.push(...denseDispatches(state, plan, pass, values, matrices));
    tile++;
  }
  const done = await gpu.run(dispatches, watch);
  // Commands that were submitted keep what they use.
  for (const buffer of [program, ...matrices]) buffer.destroy();
  return done;
}

/** One matrix, which need not be unitary, on one or two qubits. */
export function matrixDispatches(
  state: GpuState,
  matrix: ArrayLike<number>,
  targets: readonly number[],
  controls: readonly number[],
): readonly Dispatch[] {
  const { qubits, chunkBits, gpu } = state;
  const two = targets.length === 2;
  const [first, second] = [targets[0] as number, targets[1] ?? 0];
  const items = 2 ** (Math.max(qubits, targets.length) - targets.length);
  const entries = new Float32Array(32);
  entries.set(matrix);
  return piecesOf(Math.ceil(items / 256), 2 ** qubits, gpu.submissionWork).map(({ from, to }) => ({
    shader: 'gatePass',
    split: isSplit(state),
    buffers: stateBindings(state),
    job: jobOf(
      entries,
      targets.length,
      1 << first,
      two ? 1 << second : 0,
      two ? Math.min(first, second) : first,
      two ? Math.max(first, second) : 0,
      maskOf(controls),
      from * 256,
      Math.min(items, to * 256),
      chunkBits,
    ),
    workgroups: to - from,
    work: ((to - from) * 256 * 2 ** qubits) / Math.max(items, 256),
  }));
}

const maskOf = (qubits: readonly number[]): number => qubits.reduce((mask, qubit) => mask | (1 << qubit), 0);

/** A global phase is a multiple of the identity on some qubit; under controls it is a phase on one of them. */
function gateDispatches(state: GpuState, { step }: GatePass, values: Bindings): readonly Dispatch[] {
  const matrix = matrixOf(step, values);
  if (step.targets.length > 0) return matrixDispatches(state, matrix, step.targets, step.controls);
  const [re, im] = matrix as unknown as readonly [number, number];
  const [target, ...controls] = step.controls;
  if (target === undefined) return matrixDispatches(state, [re, im, 0, 0, 0, 0, re, im], [0], []);
  return matrixDispatches(state, [1, 0, 0, 0, 0, 0, re, im], [target], controls);
}

function tileDispatches(
  state: GpuState,
  plan: WebGpuPlan,
  pass: TilePass,
  program: GPUBuffer,
  start: number,
): readonly Dispatch[] {
  const { gpu, qubits, chunkBits } = state;
  const { shape } = plan;
  const pad = (qubitsOfBits: readonly number[]): readonly number[] => [...qubitsOfBits, 0, 0, 0].slice(0, 12);
  let low = 0;
  while (pass.load[low] === low) low++;
  const parts = pieces(pass, qubits, shape, gpu.submissionWork);
  return parts.map(({ from, to }) => ({
    shader: shape.registers === 3 ? 'tilePass3' : 'tilePass4',
    split: isSplit(state),
    buffers: [...stateBindings(state), program],
    job: jobOf(start, pass.rounds.length, from, to, chunkBits, low, 0, 0, pad(pass.load), pad(pass.store)),
    workgroups: to - from,
    work: workOf(pass, qubits) / parts.length,
  }));
}

/** A matrix on three or more qubits. Its buffer is added to `matrices`, to be destroyed after the run. */
export function denseDispatches(
  state: GpuState,
  plan: WebGpuPlan,
  pass: DensePass,
  values: Bindings,
  matrices: GPUBuffer[],
): readonly Dispatch[] {
  const { gpu, qubits, chunkBits } = state;
  const { step, targets, z } = pass.block;
  const matrix = gpu.buffer('matrix', transposed(matrixOf(step, values)));
  matrices.push(matrix);
  const pad = (list: readonly number[]): readonly number[] => [...list, 0, 0, 0, 0, 0, 0, 0, 0].slice(0, 8);
  const parts = pieces(pass, qubits, plan.shape, gpu.submissionWork);
  return parts.map(({ from, to }) => ({
    shader: 'densePass',
    split: isSplit(state),
    buffers: [...stateBindings(state), matrix],
    job: jobOf(
      targets.length,
      z,
      from * 256,
      Math.min(2 ** qubits, to * 256),
      chunkBits,
      [0, 0, 0],
      pad(targets),
      pad(bitsOf(pass.block.x)),
    ),
    workgroups: to - from,
    work: workOf(pass, qubits) / parts.length,
  }));
}

function transposed(matrix: Matrix): Float32Array<ArrayBuffer> {
  const size = Math.sqrt(matrix.length / 2);
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      out[2 * (column * size + row)] = matrix[2 * (row * size + column)] as number;
      out[2 * (column * size + row) + 1] = matrix[2 * (row * size + column) + 1] as number;
    }
  return out;
}
