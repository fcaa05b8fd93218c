import { ok, type Result } from '../../core/lib/result.ts';
import { derivative, evaluate, parametersOf, type Bindings } from '../../core/quantum/circuit/angle.ts';
import { inverseOf } from '../../core/quantum/circuit/builder.ts';
import type { GateOperation, UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { adjoint, matrixOf, multiply, type Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { UnitarySequence } from '../../core/quantum/engine/device.ts';
import { gateDerivative } from '../../core/quantum/engine/gate-derivative.ts';
import { applyPlan } from './apply.ts';
import { isDiagonal, maskOf } from './plan/blocks.ts';
import { isSymbolic, type WebGpuPlan } from './plan/plan.ts';
import { overlaps, powerOfI, type OverlapTerm } from './reductions.ts';
import type { GpuState } from './state.ts';

/**
 * Adjoint differentiation (Jones, Gacon 2020, arXiv:2009.02823) in layers. For a step U with angle a, dU/da = D U, and the
 * derivative is 2 Re <lambda| D |psi> with both states taken anywhere behind U up to where something stops commuting with
 * it. So the sweep collects steps from the end for as long as they commute with the wanted generators, asks the GPU for
 * all generators of the layer at once, and undoes the layer with fused passes.
 */
export interface BackwardLayer {
  /** Steps with parameters whose generators are wanted at this point. */
  readonly wanted: readonly GateOperation[];
  /** Undoes the steps up to the next layer; null after the last one. */
  readonly undo: WebGpuPlan | null;
}

const schedules = new WeakMap<UnitarySequence, readonly BackwardLayer[]>();

export async function backwardLayers(
  psi: GpuState,
  lambda: GpuState,
  sequence: UnitarySequence,
  values: Bindings,
  plan: (sequence: UnitarySequence) => Result<WebGpuPlan>,
): Promise<Result<Float64Array>> {
  const layers = layersOf(sequence, plan);
  if (!layers.ok) return layers;
  const gradient = new Float64Array(sequence.parameters.length);
  const position = new Map(sequence.parameters.map((name, i) => [name, i]));
  for (const { wanted, undo } of layers.value) {
    const generators = wanted.flatMap((step) => generatorsOf(step, values));
    const terms = generators.flatMap(({ terms: list }) => list);
    const sums =
      terms.length === 0
        ? ok(new Float64Array(0))
        : await overlaps(
            lambda,
            psi,
            terms.map(({ term }) => term),
          );
    if (!sums.ok) return sums;
    let at = 0;
    for (const { step, which, terms: list } of generators) {
      let slope = 0;
      for (const { weight } of list) slope += weight * (sums.value[at++] as number);
      const angle = step.params[which] as GateOperation['params'][number];
      for (const name of parametersOf(angle)) {
        const to = position.get(name) as number;
        gradient[to] = (gradient[to] as number) + slope * derivative(angle, values, name);
      }
    }
    if (undo === null) break;
    for (const state of [psi, lambda]) {
      const undone = await applyPlan(state, undo, values);
      if (!undone.ok) return undone;
    }
  }
  return ok(gradient);
}

function layersOf(
  sequence: UnitarySequence,
  plan: (sequence: UnitarySequence) => Result<WebGpuPlan>,
): Result<readonly BackwardLayer[]> {
  const known = schedules.get(sequence);
  if (known !== undefined) return ok(known);
  const layers: BackwardLayer[] = [];
  let wanted: GateOperation[] = [];
  let pending: UnitaryStep[] = [];
  let mixed = 0;
  let seen = 0;
  const close = (): Result<null> => {
    const steps = pending.map(inverseOf);
    const undo = plan({ ...sequence, steps, fromZero: false });
    if (!undo.ok) return undo;
    layers.push({ wanted, undo: undo.value });
    wanted = [];
    pending = [];
    mixed = 0;
    seen = 0;
    return ok(null);
  };
  for (const step of sequence.steps.toReversed()) {
    const diagonal = isDiagonal(step);
    const x = diagonal ? 0 : maskOf(step.targets);
    const z = maskOf(step.controls) | (diagonal ? maskOf(step.targets) : 0);
    if (isSymbolic(step) && step.kind === 'gate') {
      // Commutes with everything that is not undone yet?
      if ((x & (mixed | seen)) !== 0 || (z & mixed) !== 0) {
        const closed = close();
        if (!closed.ok) return closed;
      }
      wanted.push(step);
    }
    pending.push(step);
    mixed |= x;
    seen |= z;
  }
  layers.push({ wanted, undo: null });
  schedules.set(sequence, layers);
  return ok(layers);
}

interface Generator {
  readonly step: GateOperation;
  readonly which: number;
  /** Derivative by the angle: the sum of weights times overlaps. */
  readonly terms: readonly { readonly term: OverlapTerm; readonly weight: number }[];
}

/** Anything smaller in a generator is rounding. */
const WEIGHT_ZERO = 1e-14;

/** One per symbolic angle: D = dU/da U^-1 as a sum of Pauli products on the targets. */
function generatorsOf(step: GateOperation, values: Bindings): readonly Generator[] {
  const angles = step.params.map((angle) => evaluate(angle, values));
  const back = adjoint(matrixOf(step, values));
  return step.params.flatMap((angle, which) => {
    if (parametersOf(angle).size === 0) return [];
    const generator = multiply(gateDerivative(step.name, angles, which), back);
    return [{ step, which, terms: pauliTerms(generator, step.targets, maskOf(step.controls)) }];
  });
}

/**
 * D is anti-Hermitian: D = i sum g_P P with real g_P = Im tr(P D) / 2^k, so 2 Re <lambda|D|psi> = -2 sum g_P Im <lambda|P|psi>.
 * With P|i> = i^n (-1)^|z & i| |i ^ x> the imaginary part is Im, Re, -Im, -Re of the bare sum for n = 0 to 3.
 */
function pauliTerms(d: Matrix, targets: readonly number[], condition: number): Generator['terms'] {
  const size = 2 ** targets.length;
  const signs = [1, 1, -1, -1] as const;
  const out: { term: OverlapTerm; weight: number }[] = [];
  for (let x = 0; x < size; x++)
    for (let z = 0; z < size; z++) {
      const power = powerOfI({ x, z });
      // tr(P D) = sum_i <i|D P|i> = sum_i i^n (-1)^|z & i| D[i][i ^ x].
      let re = 0;
      let im = 0;
      for (let i = 0; i < size; i++) {
        const sign = parity(z & i) === 1 ? -1 : 1;
        re += sign * (d[2 * (i * size + (i ^ x))] as number);
        im += sign * (d[2 * (i * size + (i ^ x)) + 1] as number);
      }
      // Im(i^n (re + i im)).
      const weight = ([im, re, -im, -re] as const)[power] / size;
      if (Math.abs(weight) < WEIGHT_ZERO) continue;
      const term: OverlapTerm = {
        x: spread(x, targets),
        z: spread(z, targets),
        part: power % 2 === 0 ? 'imaginary' : 'real',
        condition,
      };
      out.push({ term, weight: -2 * weight * signs[power] });
    }
  return out;
}

function parity(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits ^= 1;
  return bits;
}

const spread = (mask: number, targets: readonly number[]): number =>
  targets.reduce((sum, qubit, j) => (((mask >> j) & 1) === 1 ? sum | (1 << qubit) : sum), 0);
