import { assert, at } from '../../core/lib/assert.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Elementary } from '../../core/quantum/plan/elementary.ts';
import { productOf } from '../../core/quantum/plan/lower.ts';
import type { Visit } from '../../core/quantum/plan/schedule.ts';
import { DENSE_OFFSETS_BYTES } from './emit/dense-kernels.ts';
import type { KernelIndex } from './emit/engine-module.ts';
import { FORMS, LANE_COEFFICIENTS, LANE_FIRST, TAU, type LaneForm } from './emit/turn-kernels.ts';
import { unitFactors, writeTwiddle, type PhaseBits } from './factors.ts';
import { BLOCK_UNITS, ENTRIES_BYTES, ENTRY_BYTES, ENTRY_TABLE_BYTES, OP, UNIT_BYTES, VECTOR_BYTES } from './layout.ts';
import type { Pending, PhaseTerm } from './pending.ts';
import type { ProgramWriter } from './program-writer.ts';
import { parity, type SplitMask, type TileMap } from './tile-map.ts';
import { columnsExchanged, emptyTurn, factorTurn, type TurnForm } from './turn-form.ts';

/** Stored numbers may grow by sqrt 2 a turn; at 2^-40 what is still to be multiplied is multiplied. */
const SCALE_MIN = 2 ** -40;
/** A twist inside the vectors may leave its qubit a factor of 2^3 at most; more is multiplied in at once. */
const LANE_RANGE = 3;

interface BoundTurn {
  readonly turn: TurnForm;
  readonly qubit: number;
  readonly split: SplitMask;
  readonly negative: boolean;
}

/** Coefficients with the signs of the lanes, and the unit bits whose parity flips them. */
interface SignedTurn {
  readonly units: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

interface LaneDraft {
  readonly qubit: number;
  readonly form: LaneForm;
  /** d of the half 0 and of the half 1 (re, im each), and o likewise. */
  readonly own: readonly number[];
  readonly other: readonly number[];
}

const NO_TURN: SignedTurn = { units: 0, x: new Float64Array(4), y: new Float64Array(4) };

/** Writes the operations of one pass for given parameter values, and carries what stays pending from pass to pass. */
export class PassBinder {
  #writer!: ProgramWriter;
  readonly #kernels: KernelIndex;
  readonly #operations: readonly Elementary[];
  readonly #pending: Pending;
  readonly #values: Bindings;
  #tolerance = 0;
  readonly #turns: [TurnForm, TurnForm] = [emptyTurn(), emptyTurn()];
  /** Index of the last turn of every qubit, or -1. */
  readonly #lastTurn: Int32Array;
  #map!: TileMap;
  #count = 0;
  #first = 0;

  constructor(kernels: KernelIndex, operations: readonly Elementary[], pending: Pending, values: Bindings) {
    this.#kernels = kernels;
    this.#operations = operations;
    this.#pending = pending;
    this.#values = values;
    this.#lastTurn = new Int32Array(pending.signs.length).fill(-1);
    for (const [i, operation] of operations.entries())
      if (operation.kind === 'turn') this.#lastTurn[operation.qubit] = i;
  }

  /** Where the next pass goes. */
  writeTo(writer: ProgramWriter): void {
    this.#writer = writer;
    // Relative size of a part that is rounding: of f64 matrices, or below what f32 amplitudes resolve.
    this.#tolerance = writer.lanes === 4 ? 1e-9 : 1e-15;
  }

  get count(): number {
    return this.#count;
  }

  /** Operations of the pass: how many, and where the first is. */
  bind(map: TileMap, visits: readonly Visit[]): { readonly count: number; readonly first: number } {
    this.#map = map;
    this.#count = 0;
    this.#first = this.#writer.top;
    for (const visit of visits) this.#visit(visit);
    return { count: this.#count, first: this.#first };
  }

  /** After the last pass: phases of pairs that no turn asked for. */
  bindRest(): void {
    for (let q = 0; q < this.#map.qubits; q++)
      if (this.#pending.hasPhases(q)) this.#resolve(q, this.#pending.takePhases(q));
  }

  #visit(visit: Visit): void {
    switch (visit.kind) {
      case 'pair':
        this.#pair(visit.a, visit.b);
        break;
      case 'single':
        this.#single(visit.a);
        break;
      case 'lanes':
        this.#lanes(visit.turns);
        break;
      default:
        visit satisfies { kind: 'other' };
        this.#other(at(this.#operations, visit.index));
    }
    const { scaleRe, scaleIm } = this.#pending;
    if (Math.abs(scaleRe) + Math.abs(scaleIm) < SCALE_MIN) this.#rescale();
  }

  #other(operation: Elementary): void {
    switch (operation.kind) {
      case 'sign':
        this.#pending.addSign(operation.a, operation.b);
        return;
      case 'local':
        this.#pending.addLocal(operation.qubit, productOf(operation.parts, this.#values));
        return;
      case 'phase': {
        const angle = operation.angle.at(this.#values);
        const [re, im] = [Math.cos(angle), Math.sin(angle)];
        const [a, b] = operation.qubits;
        if (operation.qubits.length === 2) this.#pending.addPhase(a ?? 0, b ?? 0, re, im);
        else this.#phase(operation.qubits, this.#pending.flips, re, im);
        return;
      }
      case 'exchange':
        this.#exchange(operation.a, operation.b);
        this.#pending.exchange(operation.a, operation.b);
        return;
      case 'dense':
        this.#dense(operation.targets, operation.controls, operation.at(this.#values));
        return;
      default:
        operation satisfies { kind: 'turn' };
        assert(false, 'turns are scheduled as turns');
    }
  }

  /** A record with its kernel and size; tables follow. */
  #record(kernel: number, tableBytes: number): number {
    assert(kernel >= 0, 'the module has this kernel');
    const op = this.#writer.allocate(OP.table + tableBytes);
    this.#writer.word(op + OP.kernel, kernel);
    this.#count += 1;
    return op;
  }

  /** Everything written since belongs to the record. */
  #close(op: number): void {
    this.#writer.word(op + OP.size, this.#writer.top - op);
  }

  /** The matrix of a turn with what is pending on its qubit; leaves the new pending factor and scale. */
  #factor(index: number, into: TurnForm): number {
    const operation = at(this.#operations, index);
    assert(operation.kind === 'turn', 'a scheduled turn is a turn');
    const { qubit } = operation;
    const pending = this.#pending;
    if (pending.hasPhases(qubit)) this.#resolve(qubit, pending.takePhases(qubit));
    const stored = {
      flipped: pending.isFlipped(qubit),
      last: this.#lastTurn[qubit] === index,
      re: pending.re[qubit] as number,
      im: pending.im[qubit] as number,
    };
    factorTurn(productOf(operation.parts, this.#values), stored, this.#tolerance, true, into);
    this.#leave(qubit, into);
    return qubit;
  }

  #leave(qubit: number, turn: TurnForm): void {
    const pending = this.#pending;
    pending.setFlipped(qubit, turn.flipped);
    pending.re[qubit] = turn.pendingRe;
    pending.im[qubit] = turn.pendingIm;
    pending.multiplyScale(turn.scaleRe, turn.scaleIm);
  }

  /** Where no turn follows on a qubit, its halves go back to their places while it is in the tile. */
  #unflipAfterLast(index: number, qubit: number): void {
    if (this.#lastTurn[qubit] === index) this.#unflip(qubit);
  }

  #unflip(qubit: number): void {
    if (!this.#pending.isFlipped(qubit)) return;
    if (this.#map.isLane(qubit)) {
      // An exchange of lanes: nothing of the own amplitude, all of the partner's.
      const exchange: LaneDraft = { qubit, form: 'general', own: [0, 0, 0, 0], other: [1, 0, 1, 0] };
      this.#laneVisit(qubit === 0 ? [exchange, null] : [null, exchange]);
    } else {
      const op = this.#record(this.#kernels.flip, 0);
      this.#writer.word(op + OP.strideA, this.#map.stride(qubit));
      this.#close(op);
    }
    this.#pending.unflip(qubit);
  }

  #pair(first: number, second: number): void {
    const [turnA, turnB] = this.#turns;
    const qubitA = this.#factor(first, turnA);
    const qubitB = this.#factor(second, turnB);
    const { signs } = this.#pending;
    const crossed = (((signs[qubitA] as number) >>> qubitB) & 1) === 1;
    // The sign that one gives the other follows its bit; the kernel goes by a and b.
    const a: BoundTurn = {
      turn: turnA,
      qubit: qubitA,
      split: this.#map.split((signs[qubitA] as number) & ~(1 << qubitB)),
      negative: crossed && turnB.reversed,
    };
    const b: BoundTurn = {
      turn: turnB,
      qubit: qubitB,
      split: this.#map.split((signs[qubitB] as number) & ~(1 << qubitA)),
      negative: crossed && turnA.reversed,
    };
    if (FORMS.indexOf(turnA.form) <= FORMS.indexOf(turnB.form)) this.#pairOf(a, b, crossed);
    else this.#pairOf(b, a, crossed);
    this.#unflipAfterLast(first, qubitA);
    this.#unflipAfterLast(second, qubitB);
  }

  #pairOf(a: BoundTurn, b: BoundTurn, crossed: boolean): void {
    const table = (a.split.units | b.split.units) !== 0;
    const kernel = this.#kernels.pair(a.turn.form, b.turn.form, { table, crossed });
    const op = this.#record(kernel, table ? ENTRY_TABLE_BYTES : ENTRIES_BYTES);
    const [strideA, strideB] = [this.#map.stride(a.qubit), this.#map.stride(b.qubit)];
    const w = this.#writer;
    w.word(op + OP.strideA, a.turn.reversed ? -strideA : strideA);
    w.word(op + OP.strideB, b.turn.reversed ? -strideB : strideB);
    w.word(op + OP.holes, strideA | strideB);
    w.word(op + OP.origin, (a.turn.reversed ? strideA : 0) | (b.turn.reversed ? strideB : 0));
    this.#entries(op, table, this.#signedTurn(op, 0, a), this.#signedTurn(op, 1, b));
    this.#close(op);
  }

  #single(index: number): void {
    const [turn] = this.#turns;
    const qubit = this.#factor(index, turn);
    const split = this.#map.split(this.#pending.signs[qubit] as number);
    const op = this.#record(this.#kernels.single(turn.form), ENTRY_TABLE_BYTES);
    const stride = this.#map.stride(qubit);
    this.#writer.word(op + OP.strideA, turn.reversed ? -stride : stride);
    this.#writer.word(op + OP.holes, stride);
    this.#writer.word(op + OP.origin, turn.reversed ? stride : 0);
    this.#entries(op, true, this.#signedTurn(op, 0, { turn, qubit, split, negative: false }), NO_TURN);
    this.#close(op);
    this.#unflipAfterLast(index, qubit);
  }

  #signedTurn(op: number, which: 0 | 1, { turn, split, negative }: BoundTurn): SignedTurn {
    const w = this.#writer;
    this.#outMasks(op, which, split);
    w.splat(op + OP.coefficients + TAU[which] * VECTOR_BYTES, turn.tau);
    const s = negative ? -1 : 1;
    const x = new Float64Array(w.lanes);
    const y = new Float64Array(w.lanes);
    for (let lane = 0; lane < w.lanes; lane++) {
      const sign = parity(lane & split.lanes) === 1 ? -s : s;
      x[lane] = sign * turn.x;
      y[lane] = sign * turn.y;
    }
    return { units: split.units, x, y };
  }

  /**
   * The signed coefficients of two turns for every sign of tile and block (four lists) and, with `table`, of every unit.
   * A unit bit either changes the signs of A, of B, of both or of none: the second half of a list is the first half of
   * the list with those signs, bit by bit.
   */
  #entries(op: number, table: boolean, a: SignedTurn, b: SignedTurn): void {
    const w = this.#writer;
    const list = (signs: number): number => op + OP.table + signs * (table ? ENTRY_TABLE_BYTES / 4 : ENTRY_BYTES);
    for (let signs = 0; signs < 4; signs++) {
      this.#entry(list(signs), a, (signs & 1) === 1);
      this.#entry(list(signs) + 2 * VECTOR_BYTES, b, signs >> 1 === 1);
    }
    if (!table) return;
    for (let bit = 1; bit < BLOCK_UNITS; bit *= 2) {
      const flips = ((a.units & bit) === 0 ? 0 : 1) | ((b.units & bit) === 0 ? 0 : 2);
      const bytes = bit * ENTRY_BYTES;
      for (let signs = 0; signs < 4; signs++) w.copy(list(signs) + bytes, list(signs ^ flips), bytes);
    }
  }

  #entry(entry: number, turn: SignedTurn, negative: boolean): void {
    this.#writer.signed(entry, turn.x, negative);
    this.#writer.signed(entry + VECTOR_BYTES, turn.y, negative);
  }

  #outMasks(op: number, which: 0 | 1, split: SplitMask): void {
    this.#writer.word(op + (which === 0 ? OP.outA : OP.outB), split.out);
    this.#writer.word(op + (which === 0 ? OP.highA : OP.highB), split.high);
  }

  /** Turns on qubits inside the vectors. */
  #lanes(turns: readonly number[]): void {
    this.#laneVisit(
      turns.map((index) => (index < 0 ? null : this.#laneDraft(index))),
      true,
    );
  }

  /** `signed`: coefficients take the signs that are pending with other qubits. */
  #laneVisit(drafts: readonly (LaneDraft | null)[], signed = false): void {
    const [a, b] = [drafts[0]?.form ?? 'none', drafts[1]?.form ?? 'none'];
    const op = this.#record(this.#kernels.lanes(a, b), ENTRY_TABLE_BYTES);
    const entries: [SignedTurn, SignedTurn] = [NO_TURN, NO_TURN];
    for (const [which, draft] of drafts.entries()) {
      if (draft === null) continue;
      const split = this.#map.split(signed ? (this.#pending.signs[draft.qubit] as number) : 0);
      this.#outMasks(op, which === 0 ? 0 : 1, split);
      entries[which === 0 ? 0 : 1] = this.#laneCoefficients(op, which, draft, split);
    }
    this.#entries(op, true, entries[0], entries[1]);
    this.#close(op);
  }

  #laneDraft(index: number): LaneDraft {
    const operation = at(this.#operations, index);
    assert(operation.kind === 'turn', 'a scheduled turn is a turn');
    const { qubit } = operation;
    const pending = this.#pending;
    if (pending.hasPhases(qubit)) this.#resolve(qubit, pending.takePhases(qubit));
    const m = productOf(operation.parts, this.#values);
    const [turn] = this.#turns;
    const [pRe, pIm] = [pending.re[qubit] as number, pending.im[qubit] as number];
    const flipped = pending.isFlipped(qubit);
    const last = this.#lastTurn[qubit] === index;
    factorTurn(m, { flipped, last, re: pRe, im: pIm }, this.#tolerance, false, turn);
    const inRange = Math.abs(Math.log2(Math.hypot(turn.pendingRe, turn.pendingIm))) < LANE_RANGE;
    if (inRange && !(last && turn.flipped)) {
      this.#leave(qubit, turn);
      const real = turn.form === 'real' || turn.form === 'twist';
      // By stored bit of the qubit: where the roles are reversed, bit 1 is a.
      const [x, y] = turn.reversed ? [turn.y, turn.x] : [turn.x, turn.y];
      const [tauZero, tauOne] = turn.reversed ? [turn.tau, 0] : [0, turn.tau];
      const other = real ? [x, 0, y, 0] : [0, x, 0, y];
      return { qubit, form: turn.form, own: [1, tauZero, 1, tauOne], other };
    }
    return this.#laneGeneral(qubit, flipped ? columnsExchanged(m) : m, pRe, pIm);
  }

  /** All factors of a turn inside the vectors; nothing of its qubit stays pending. */
  #laneGeneral(qubit: number, m: Matrix, pRe: number, pIm: number): LaneDraft {
    const pending = this.#pending;
    pending.setFlipped(qubit, false);
    pending.re[qubit] = 1;
    pending.im[qubit] = 0;
    const [ar, ai, br, bi, cr, ci, dr, di] = m as unknown as Eight;
    return {
      qubit,
      form: 'general',
      own: [ar, ai, dr * pRe - di * pIm, dr * pIm + di * pRe],
      other: [br * pRe - bi * pIm, br * pIm + bi * pRe, cr, ci],
    };
  }

  #laneCoefficients(op: number, which: number, draft: LaneDraft, split: SplitMask): SignedTurn {
    const w = this.#writer;
    const from = op + OP.coefficients + (LANE_FIRST + which * LANE_COEFFICIENTS) * VECTOR_BYTES;
    const x = new Float64Array(w.lanes);
    const y = new Float64Array(w.lanes);
    for (let lane = 0; lane < w.lanes; lane++) {
      const half = 2 * ((lane >>> which) & 1);
      const s = parity(lane & split.lanes) === 1 ? -1 : 1;
      w.number(from, lane, draft.own[half] as number);
      w.number(from + VECTOR_BYTES, lane, draft.own[half + 1] as number);
      x[lane] = s * (draft.other[half] as number);
      y[lane] = s * (draft.other[half + 1] as number);
    }
    return { units: split.units, x, y };
  }

  /** Multiplies the half where the stored bit of `qubit` is 1 by factors of other stored bits. */
  #resolve(qubit: number, terms: readonly PhaseTerm[]): void {
    const map = this.#map;
    if (map.local(qubit) < 0) {
      for (const { other, re, im } of terms) this.#phase([qubit, other], 0, re, im);
      return;
    }
    const factors: PhaseBits = { local: unitFactors(map.tileBits), out: unitFactors(map.outBits) };
    for (const { other, re, im } of terms) {
      const [into, bit] = map.local(other) >= 0 ? [factors.local, map.local(other)] : [factors.out, map.out(other)];
      into.re[bit] = re;
      into.im[bit] = im;
    }
    const onLane = map.isLane(qubit);
    const op = this.#record(this.#kernels.twiddle(onLane), BLOCK_UNITS * UNIT_BYTES);
    if (onLane) this.#laneMask(op + OP.coefficients, (lane) => ((lane >>> qubit) & 1) === 1);
    else this.#writer.word(op + OP.strideA, map.stride(qubit));
    const { factor, blocks } = writeTwiddle(this.#writer, map, factors, op + OP.table);
    this.#writer.word(op + OP.factor, factor);
    this.#writer.word(op + OP.blocks, blocks);
    this.#close(op);
  }

  #laneMask(at: number, chosen: (lane: number) => boolean): void {
    for (let lane = 0; lane < this.#writer.lanes; lane++) this.#writer.laneBits(at, lane, chosen(lane));
  }

  /** Multiplies by re + i im where the stored bits of `qubits` are 1, or 0 for those in `zeros`. */
  #phase(qubits: readonly number[], zeros: number, re: number, im: number): void {
    const op = this.#record(this.#kernels.phase, 0);
    const matches = this.#conditions(op, qubits, zeros, 0);
    for (let lane = 0; lane < this.#writer.lanes; lane++) {
      this.#writer.number(op + OP.coefficients, lane, matches(lane) ? re : 1);
      this.#writer.number(op + OP.coefficients + VECTOR_BYTES, lane, matches(lane) ? im : 0);
    }
    this.#close(op);
  }

  /** Where a kernel acts: stored bits of `qubits` are 1, or 0 for those in `zeros`. Tells which lanes match. */
  #conditions(op: number, qubits: readonly number[], zeros: number, moreHoles: number): (lane: number) => boolean {
    const mask = qubits.reduce((all, q) => all | (1 << q), 0);
    const all = this.#map.split(mask);
    const ones = this.#map.split(mask & ~zeros);
    const w = this.#writer;
    w.word(op + OP.holes, all.high | (all.units * UNIT_BYTES) | moreHoles);
    w.word(op + OP.origin, ones.high | (ones.units * UNIT_BYTES));
    w.word(op + OP.outMask, all.out);
    w.word(op + OP.outValue, ones.out);
    return (lane) => (lane & all.lanes) === ones.lanes;
  }

  #rescale(): void {
    const { scaleRe, scaleIm } = this.#pending;
    this.#phase([], 0, scaleRe, scaleIm);
    this.#pending.scaleRe = 1;
    this.#pending.scaleIm = 0;
  }

  #exchange(a: number, b: number): void {
    const map = this.#map;
    const [low, high] = a < b ? [a, b] : [b, a];
    const kernel = map.isLane(high)
      ? this.#kernels.lanesExchange
      : map.isLane(low)
        ? this.#kernels.laneExchange(low === 0 ? 0 : 1)
        : this.#kernels.exchange;
    const op = this.#record(kernel, 0);
    this.#writer.word(op + OP.strideA, map.stride(map.isLane(low) ? high : low));
    this.#writer.word(op + OP.strideB, map.stride(high));
    this.#close(op);
  }

  /** Everything pending on the targets is multiplied in first; targets inside the vectors are moved out and back. */
  #dense(targets: readonly number[], controls: readonly number[], matrix: Matrix): void {
    for (const qubit of targets) {
      this.#unflip(qubit);
      this.#resolveAll(qubit);
    }
    const used = new Set([...targets, ...controls]);
    let conditions = controls;
    const moves: [number, number][] = [];
    const moved = targets.map((qubit) => {
      if (!this.#map.isLane(qubit)) return qubit;
      const room = this.#roomFor(used, conditions);
      used.add(room);
      // Where only a control has a place to give, it goes to the lane instead.
      conditions = conditions.map((control) => (control === room ? qubit : control));
      moves.push([qubit, room]);
      return room;
    });
    for (const [lane, room] of moves) this.#exchange(lane, room);
    this.#denseAt(moved, conditions, matrix);
    for (const [lane, room] of moves.toReversed()) this.#exchange(lane, room);
  }

  /** A unit bit of the tile for a target that leaves its lane: one that nothing uses, or else that of a control. */
  #roomFor(used: ReadonlySet<number>, controls: readonly number[]): number {
    const map = this.#map;
    for (let q = map.qubits - 1; q >= map.laneBits; q--) if (map.local(q) >= 0 && !used.has(q)) return q;
    const control = controls.find((q) => map.local(q) >= map.laneBits);
    assert(control !== undefined, 'a tile has room to move the targets of a matrix');
    this.#unflip(control);
    return control;
  }

  #resolveAll(qubit: number): void {
    const pending = this.#pending;
    const products = new Map<number, PhaseTerm>();
    for (const { other, re, im } of [...pending.takePhases(qubit), ...pending.takeSigns(qubit)]) {
      const had = products.get(other) ?? { re: 1, im: 0 };
      products.set(other, { other, re: had.re * re - had.im * im, im: had.re * im + had.im * re });
    }
    if (products.size > 0) this.#resolve(qubit, [...products.values()]);
    const [re, im] = [pending.re[qubit] as number, pending.im[qubit] as number];
    if (re === 1 && im === 0) return;
    this.#phase([qubit], 0, re, im);
    pending.re[qubit] = 1;
    pending.im[qubit] = 0;
  }

  #denseAt(targets: readonly number[], controls: readonly number[], matrix: Matrix): void {
    const map = this.#map;
    const w = this.#writer;
    const rows = 2 ** targets.length;
    const strides = targets.map((qubit) => map.stride(qubit));
    const plain = rows === 4 && controls.length === 0;
    const tableBytes = (plain ? 0 : DENSE_OFFSETS_BYTES) + rows * rows * UNIT_BYTES;
    const op = this.#record(plain ? this.#kernels.dense2 : this.#kernels.dense, tableBytes);
    let entry = op + OP.table;
    if (plain) {
      w.word(op + OP.strideA, strides[0] as number);
      w.word(op + OP.strideB, strides[1] as number);
    } else {
      const holes = strides.reduce((all, stride) => all | stride, 0);
      this.#laneMask(op + OP.coefficients, this.#conditions(op, controls, this.#pending.flips, holes));
      w.word(op + OP.count, rows);
      for (let row = 0; row < rows; row++)
        w.word(
          entry + 4 * row,
          strides.reduce((sum, stride, bit) => sum + (((row >>> bit) & 1) === 1 ? stride : 0), 0),
        );
      entry += DENSE_OFFSETS_BYTES;
    }
    for (let i = 0; i < rows * rows; i++) {
      w.splat(entry + i * UNIT_BYTES, matrix[2 * i] as number);
      w.splat(entry + i * UNIT_BYTES + VECTOR_BYTES, matrix[2 * i + 1] as number);
    }
    this.#close(op);
  }
}

type Eight = readonly [number, number, number, number, number, number, number, number];
