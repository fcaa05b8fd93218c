import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import type { Watch } from '../../core/quantum/engine/device.ts';
import type { Lowered } from '../../core/quantum/plan/elementary.ts';
import { startVector } from '../../core/quantum/plan/start-vectors.ts';
import type { StartState } from '../../core/quantum/plan/start.ts';
import { productOf } from '../../core/quantum/plan/lower.ts';
import { PassBinder } from './bind-pass.ts';
import type { KernelIndex } from './emit/engine-module.ts';
import { writeFactor, type ProductFactor } from './factors.ts';
import { PASS } from './layout.ts';
import { Pending } from './pending.ts';
import type { RunnablePlan, TilePass } from './plan-passes.ts';
import type { ProgramWriter } from './program-writer.ts';
import { UNIT_BYTES } from './layout.ts';
import type { TileMap } from './tile-map.ts';
import type { TileRunner } from './tile-runner.ts';
import { nextTurn } from './turns.ts';

/** Between passes the event loop runs at least this often, so that a cancel is heard. */
const YIELD_MS = 40;

export interface PlanHost {
  readonly kernels: KernelIndex;
  readonly runner: TileRunner;
  /** One of the two windows that programs are written to. */
  writer(window: 0 | 1): ProgramWriter;
}

/** Runs a plan on the state at `pointer`, in place: binds a pass, runs it, binds the next. */
export async function applyPlan(
  host: PlanHost,
  pointer: number,
  plan: RunnablePlan,
  values: Bindings,
  watch: Watch,
): Promise<Result<null>> {
  const { lowered, passes } = plan;
  const pending = new Pending(lowered.qubits);
  for (const angle of lowered.globalPhase)
    pending.multiplyScale(Math.cos(angle.at(values)), Math.sin(angle.at(values)));
  const binder = new PassBinder(host.kernels, lowered.operations, pending, values);
  // Two windows: while helpers work on one pass, the next is bound.
  const writers = [host.writer(0), host.writer(1)] as const;
  const bind = (index: number): number => {
    const writer = writers[index % 2 === 0 ? 0 : 1];
    const pass = passes[index] as TilePass;
    writer.restart();
    binder.writeTo(writer);
    const record = writer.allocate(PASS.bytes);
    const start = index === 0 ? plan.start : null;
    if (start !== null) writeStart(writer, record, pass.map, start, values);
    const last = index === passes.length - 1;
    writePass(writer, record, pass, binder, { start, last, pending, lowered, values });
    return record;
  };
  let yielded = performance.now();
  let record = bind(0);
  for (const [index, pass] of passes.entries()) {
    const begun = await host.runner.begin(record, pointer, 2 ** pass.map.outBits);
    if (!begun.ok) return begun;
    const last = index === passes.length - 1;
    if (!last) record = bind(index + 1);
    const ran = host.runner.finish();
    if (!ran.ok) return ran;
    watch.onProgress((index + 1) / passes.length);
    if (performance.now() - yielded > YIELD_MS && !last) {
      await nextTurn();
      yielded = performance.now();
    }
    if (watch.signal?.aborted === true && !last) return fail('QUANTUM_ABORTED', 'the run was cancelled');
  }
  return ok(null);
}

interface PassContext {
  readonly start: StartState | null;
  readonly last: boolean;
  readonly pending: Pending;
  readonly lowered: Lowered;
  readonly values: Bindings;
}

function writePass(
  writer: ProgramWriter,
  record: number,
  { map, visits }: TilePass,
  binder: PassBinder,
  { start, last, pending, lowered, values }: PassContext,
): void {
  const { first } = binder.bind(map, visits);
  if (last) {
    binder.bindRest();
    for (const [q, parts] of lowered.tail.entries())
      if (parts.length > 0) pending.addLocal(q, productOf(parts, values));
  }
  const inPlace = map.tile === 2 ** map.tileBits - 1;
  writer.word(record + PASS.operations, binder.count);
  writer.word(record + PASS.firstOperation, first);
  writer.word(record + PASS.gather, inPlace ? 0 : 1);
  writer.word(record + PASS.source, start === null ? 0 : 1);
  writer.word(record + PASS.tileBytes, map.tileBytes);
  writeMasks(writer, record, map);
  writeSink(writer, record, map, inPlace, last, pending);
}

function writeMasks(writer: ProgramWriter, record: number, map: TileMap): void {
  const runUnits = 2 ** (5 - map.laneBits);
  const toBytes = (q: number): number => UNIT_BYTES * 2 ** (q - map.laneBits);
  let runMask = 0;
  let tileMask = 0;
  for (let q = 5; q < map.qubits; q++) {
    if (map.local(q) >= 0) runMask += toBytes(q);
    else tileMask += toBytes(q);
  }
  writer.word(record + PASS.runBytes, runUnits * UNIT_BYTES);
  writer.word(record + PASS.runMask, runMask);
  writer.word(record + PASS.tileMask, tileMask);
}

/** The last pass multiplies everything in that is still pending; the others only the size of the common factor. */
function writeSink(
  writer: ProgramWriter,
  record: number,
  map: TileMap,
  inPlace: boolean,
  last: boolean,
  pending: Pending,
): void {
  const { scaleRe, scaleIm } = pending;
  const diagonal = last && (!pending.isTrivial || scaleIm !== 0 || scaleRe !== 1);
  if (diagonal) {
    writer.word(record + PASS.sink, 2);
    writer.word(record + PASS.endFactor, writeFactor(writer, map, endFactor(pending)));
    return;
  }
  const size = Math.hypot(scaleRe, scaleIm);
  if (inPlace && (last || size > 2 ** -20)) return;
  writer.word(record + PASS.sink, 1);
  writer.splat(record + PASS.scale, last ? 1 : size);
  if (last) return;
  pending.scaleRe /= size;
  pending.scaleIm /= size;
}

function writeStart(
  writer: ProgramWriter,
  record: number,
  { qubits, laneBits }: TileMap,
  { cut, low, high }: StartState,
  values: Bindings,
): void {
  const lowVector = startVector(low, 0, cut, values);
  const lowAt = writer.allocate(2 ** (cut - laneBits) * UNIT_BYTES);
  for (let i = 0; i < 2 ** cut; i++) {
    const at = lowAt + (i >>> laneBits) * UNIT_BYTES;
    const lane = i & (writer.lanes - 1);
    writer.number(at, lane, lowVector[2 * i] as number);
    writer.number(at + 16, lane, lowVector[2 * i + 1] as number);
  }
  const highVector = startVector(high, cut, qubits, values);
  const highAt = writer.allocate(8 * highVector.length);
  writer.views().doubles.set(highVector, highAt / 8);
  writer.word(record + PASS.startHigh, highAt);
  writer.word(record + PASS.startLow, lowAt);
  writer.word(record + PASS.startShift, cut - laneBits + Math.log2(UNIT_BYTES));
}

function endFactor(pending: Pending): ProductFactor {
  const n = pending.re.length;
  return {
    zeroRe: new Float64Array(n).fill(1),
    zeroIm: new Float64Array(n),
    oneRe: pending.re,
    oneIm: pending.im,
    signs: pending.signs,
    scaleRe: pending.scaleRe,
    scaleIm: pending.scaleIm,
  };
}
