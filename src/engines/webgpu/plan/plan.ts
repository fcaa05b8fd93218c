import { ok, type Result } from '../../../core/lib/result.ts';
import { parametersOf, type Bindings } from '../../../core/quantum/circuit/angle.ts';
import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import type { DevicePlan, UnitarySequence } from '../../../core/quantum/engine/device.ts';
import type { PlanStats } from '../../../core/quantum/engine/engine.ts';
import { piecesOf } from '../gpu.ts';
import { blocksOf, type DenseBlock } from './blocks.ts';
import { bitsOf } from './choose.ts';
import { encode, type Program } from './encode.ts';
import { passesOf, type DensePass, type Pass, type TilePass, type TileShape } from './passes.ts';

/** A pass of one step: for comparison (`fuse: false`), and where a tile would hold nothing else. */
export interface GatePass {
  readonly kind: 'gate';
  readonly step: UnitaryStep;
}

export type AnyPass = TilePass | DensePass | GatePass;

export interface WebGpuPlan extends DevicePlan {
  readonly sequence: UnitarySequence;
  readonly shape: TileShape;
  readonly passes: readonly AnyPass[];
  /** The fused passes as they were planned, for the way back; empty without fusion. */
  readonly fused: readonly Pass[];
  /** Without parameters the program is the same for every run: kept after the first. */
  program: Program | null;
}

export interface PlanOptions {
  readonly shape: TileShape;
  /** False: one pass a step. */
  readonly fuse: boolean;
  /** Amplitude updates of one submission: heavier passes are dispatched in parts. */
  readonly submissionWork: number;
}

/** Bytes that one pass moves per amplitude: read and write. */
const PASS_BYTES = 16;
/** Above this many targets only the dense kernel takes a step. */
const GATE_TARGETS_MAX = 2;

export function makePlan(sequence: UnitarySequence, { shape, fuse, submissionWork }: PlanOptions): Result<WebGpuPlan> {
  const { qubits, steps } = sequence;
  const fused = fuse ? passesOf(blocksOf(sequence), qubits, shape) : [];
  const passes: readonly AnyPass[] = fuse
    ? fused.map(lightened)
    : steps.filter((step) => step.kind === 'unitary' || step.name !== 'id').map(singlePass);
  const dispatches = passes.reduce((sum, pass) => sum + pieces(pass, qubits, shape, submissionWork).length, 0);
  const stats: PlanStats = {
    gates: steps.length,
    passes: passes.length,
    bytes: passes.length * PASS_BYTES * 2 ** qubits,
    dispatches,
  };
  return ok({ sequence, shape, passes, fused, stats, program: null });
}

/** A tile for one gate alone only costs its exchanges: the gate kernel moves as much and starts at once. */
function lightened(pass: Pass): AnyPass {
  const [item, ...others] = pass.kind === 'tile' ? pass.rounds.flatMap(({ operations }) => operations) : [];
  if (pass.kind !== 'tile' || pass.blocks !== 1 || item === undefined || others.length > 0) return pass;
  const [operation] = item.kind === 'matrix' ? [item.operation] : item.operations;
  const block = operation?.block;
  const step = block?.kind === 'matrix' ? block.factors[0]?.step : block?.step;
  if (block === undefined || step === undefined || block.targets.length > GATE_TARGETS_MAX) return pass;
  if (block.kind === 'matrix' && block.factors.length > 1) return pass;
  const controls = bitsOf(block.kind === 'matrix' ? block.z : block.controls);
  return { kind: 'gate', step: { ...step, targets: block.targets, controls } };
}

function singlePass(step: UnitaryStep): AnyPass {
  if (step.targets.length <= GATE_TARGETS_MAX) return { kind: 'gate', step };
  const mask = (qubits: readonly number[]): number => qubits.reduce((sum, qubit) => sum | (1 << qubit), 0);
  const block: DenseBlock = {
    kind: 'dense',
    x: mask(step.targets),
    z: mask(step.controls),
    step,
    targets: step.targets,
  };
  return { kind: 'dense', block };
}

/** Workgroups of a pass, in parts that fit a submission each. */
export function pieces(
  pass: AnyPass,
  qubits: number,
  shape: TileShape,
  submissionWork: number,
): ReturnType<typeof piecesOf> {
  return piecesOf(workgroupsOf(pass, qubits, shape), workOf(pass, qubits), submissionWork);
}

export function workgroupsOf(pass: AnyPass, qubits: number, shape: TileShape): number {
  if (pass.kind === 'tile') return 2 ** Math.max(0, qubits - shape.tile);
  if (pass.kind === 'dense') return Math.ceil(2 ** qubits / 256);
  return Math.ceil(gateItems(pass.step, qubits) / 256);
}

/** Invocations of the gate kernel. States are padded, so that a matrix on two qubits finds them in any state. */
export function gateItems(step: UnitaryStep, qubits: number): number {
  const targets = Math.max(1, step.targets.length);
  return 2 ** (Math.max(qubits, targets) - targets);
}

export function workOf(pass: AnyPass, qubits: number): number {
  if (pass.kind === 'tile') return Math.max(1, pass.blocks) * 2 ** qubits;
  return pass.kind === 'dense' ? 2 ** (qubits + pass.block.targets.length - 1) : 2 ** qubits;
}

export function programOf(plan: WebGpuPlan, values: Bindings): Program {
  if (plan.program !== null) return plan.program;
  const tiles = plan.passes.filter((pass) => pass.kind !== 'gate');
  const program = encode(tiles, plan.shape, values);
  if (!plan.sequence.steps.some(isSymbolic)) plan.program = program;
  return program;
}

export function isSymbolic(step: UnitaryStep): boolean {
  return step.kind === 'gate' && step.params.some((angle) => typeof angle !== 'number' && parametersOf(angle).size > 0);
}
