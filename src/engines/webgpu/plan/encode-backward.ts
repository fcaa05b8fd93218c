import { assert } from '../../../core/lib/assert.ts';
import { derivative, evaluate, parametersOf, type Bindings } from '../../../core/quantum/circuit/angle.ts';
import type { GateOperation, UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';
import { adjoint, multiply, type Matrix } from '../../../core/quantum/circuit/gate-table.ts';
import { gateDerivative } from '../../../core/quantum/engine/gate-derivative.ts';
import { onTargets, productOf, reversed } from './block-matrix.ts';
import type { DiagonalBlock, MatrixBlock } from './blocks.ts';
import { matrixFor, phasesOf } from './encode.ts';
import type { Pass, TileOperation, TilePass, TileShape } from './passes.ts';
import { addPhases, type Phases } from './phases.ts';
import { inOrder, ProgramWriter } from './program-writer.ts';
import type { Round, RoundOperation } from './rounds.ts';

/** The passes of a plan backwards, for `tile-backward`. */
export interface BackwardProgram {
  readonly words: Uint32Array<ArrayBuffer>;
  /** From the last pass to the first one that has parameters. */
  readonly passes: readonly BackwardPass[];
}

export interface BackwardPass {
  readonly pass: Pass;
  /** First vec4 of a tile pass. */
  readonly start: number;
  /** Sums that it leaves, a multiple of four. */
  readonly slots: number;
  readonly measurements: readonly Measurement[];
}

/** What the sums from `slot` on mean. `scale`: the states were scaled by rounding when they were taken. */
export type Measurement =
  | { readonly kind: 'matrix'; readonly slot: number; readonly scale: number; readonly operation: TileOperation }
  | {
      readonly kind: 'terms';
      readonly slot: number;
      readonly scale: number;
      /** Slot by mask, from `slot` on. */
      readonly masks: readonly number[];
      readonly operations: readonly TileOperation[];
    };

/** One complex sum of a pass. */
export type SumOf = (slot: number) => readonly [re: number, im: number];

export function encodeBackward(passes: readonly Pass[], shape: TileShape, values: Bindings): BackwardProgram {
  const first = passes.findIndex((pass) => pass.kind === 'tile' && pass.rounds.some(hasParameters));
  const writer = new ProgramWriter(shape);
  const wanted = first < 0 ? [] : passes.slice(first).toReversed();
  const out = wanted.map((pass) =>
    pass.kind === 'tile' ? backwardPass(writer, pass, values) : { pass, start: -1, slots: 0, measurements: [] },
  );
  return { words: writer.words(), passes: out };
}

function hasParameters({ operations }: Round): boolean {
  return operations.some((item) =>
    item.kind === 'matrix'
      ? (item.operation.block as MatrixBlock).factors.some(({ step }) => isSymbolic(step))
      : item.operations.some(({ block }) => isSymbolic((block as DiagonalBlock).step)),
  );
}

function isSymbolic(step: UnitaryStep): step is GateOperation {
  return step.kind === 'gate' && step.params.some((angle) => parametersOf(angle).size > 0);
}

function backwardPass(writer: ProgramWriter, pass: TilePass, values: Bindings): BackwardPass {
  const start = writer.position;
  const measurements: Measurement[] = [];
  let slots = 0;
  const reserve = (count: number): number => {
    const slot = slots;
    slots += 4 * Math.ceil(count / 4);
    return slot;
  };
  for (const round of pass.rounds.toReversed())
    writer.round(round, () =>
      round.operations
        .toReversed()
        .reduce((count, item) => count + writeBackwards(writer, item, round, values, measurements, reserve), 0),
    );
  return { pass, start, slots, measurements };
}

/** Measures what has parameters, then undoes it. */
function writeBackwards(
  writer: ProgramWriter,
  item: RoundOperation,
  round: Round,
  values: Bindings,
  measurements: Measurement[],
  reserve: (slots: number) => number,
): number {
  // Both states carry the scale.
  const scale = Math.exp(-2 * writer.gain);
  if (item.kind === 'matrix') {
    const { operation } = item;
    let count = 0;
    if ((operation.block as MatrixBlock).factors.some(({ step }) => isSymbolic(step))) {
      const slot = reserve(operation.bits.length === 2 ? 16 : 4);
      count += writer.measure(operation, round, slot);
      measurements.push({ kind: 'matrix', slot, scale, operation });
    }
    return count + writer.matrix(operation, adjoint(matrixFor(operation, values)), round);
  }
  const operations = item.operations.filter(({ block }) => isSymbolic((block as DiagonalBlock).step));
  const masks = [...new Set(operations.flatMap((operation) => [...ratesOf(operation).keys()]))];
  let count = 0;
  if (masks.length > 0) {
    const slot = reserve(masks.length);
    count += writer.measureTerms(masks, round, slot);
    measurements.push({ kind: 'terms', slot, scale, masks, operations });
  }
  const undo: Phases = new Map();
  for (const [mask, angle] of phasesOf(item.operations, values)) undo.set(mask, -angle);
  return count + writer.diagonals(undo, round);
}

/** An angle at which no gate's phases wrap. */
const PROBE = 0.5;

/** Diagonal gates have one angle, and the angles of their terms are multiples of it: d term / d angle by mask. */
function ratesOf({ block, bits, controls }: TileOperation): Phases {
  const { step } = block as DiagonalBlock;
  assert(step.kind === 'gate' && step.params.length === 1, 'a diagonal gate has one angle');
  const rates: Phases = new Map();
  addPhases(
    rates,
    { ...step, params: [PROBE] },
    bits.map((bit) => 1 << bit),
    controls,
    new Map(),
  );
  for (const [mask, angle] of rates) rates.set(mask, angle / PROBE);
  return rates;
}

/** Adds 2 Re <lambda| dU/da U^-1 |psi> of everything that was measured, by the chain rule, through `add`. */
export function addGradient(
  measurement: Measurement,
  sumOf: SumOf,
  values: Bindings,
  add: (parameter: string, slope: number) => void,
): void {
  const chain = (step: GateOperation, which: number, slope: number): void => {
    const angle = step.params[which] as GateOperation['params'][number];
    for (const name of parametersOf(angle)) add(name, slope * measurement.scale * derivative(angle, values, name));
  };
  if (measurement.kind === 'terms') {
    for (const operation of measurement.operations) {
      // d/da exp(i rate a) on the amplitudes of a mask: 2 Re(i rate S) = -2 rate Im S.
      let slope = 0;
      for (const [mask, rate] of ratesOf(operation))
        slope -= 2 * rate * sumOf(measurement.slot + measurement.masks.indexOf(mask))[1];
      chain((operation.block as DiagonalBlock).step as GateOperation, 0, slope);
    }
    return;
  }
  const block = measurement.operation.block as MatrixBlock;
  const size = 2 ** block.targets.length;
  const taken = new Float64Array(2 * size * size);
  for (let i = 0; i < size * size; i++) taken.set(sumOf(measurement.slot + i), 2 * i);
  // The kernel's lower register is the lower bit of the index, not the block's first target.
  const sums = size === 2 || inOrder(measurement.operation.bits) ? taken : reversed(taken);
  const back = adjoint(productOf(block, values));
  for (const [j, { step, on }] of block.factors.entries()) {
    if (!isSymbolic(step)) continue;
    const angles = step.params.map((angle) => evaluate(angle, values));
    for (const [which, angle] of step.params.entries()) {
      if (parametersOf(angle).size === 0) continue;
      const turned = onTargets(gateDerivative(step.name, angles, which), on, block.targets.length);
      const generator = multiply(withNeighbours(block, j, turned, values), back);
      chain(step, which, 2 * realTrace(generator, sums));
    }
  }
}

/** The block's product with factor j replaced. */
function withNeighbours(block: MatrixBlock, j: number, replacement: Matrix, values: Bindings): Matrix {
  const before = block.factors.slice(0, j);
  const after = block.factors.slice(j + 1);
  let product =
    before.length === 0 ? replacement : multiply(replacement, productOf({ ...block, factors: before }, values));
  if (after.length > 0) product = multiply(productOf({ ...block, factors: after }, values), product);
  return product;
}

/** Re sum_rc D_rc T_rc. */
function realTrace(d: Matrix, t: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < d.length; i += 2)
    sum += (d[i] as number) * (t[i] as number) - (d[i + 1] as number) * (t[i + 1] as number);
  return sum;
}
