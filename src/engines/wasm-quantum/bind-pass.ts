import { assert, at } from '../../core/lib/assert.ts';
import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Elementary } from '../../core/quantum/plan/elementary.ts';
import { productOf } from '../../core/quantum/plan/lower.ts';
import type { Visit } from '../../core/quantum/plan/schedule.ts';
import { DENSE_OFFSETS_BYTES } from './emit/dense-kernels.ts';
import type { KernelIndex } from './emit/engine-module.ts';
import { FORMS, LANE_COEFFICIENTS, TURN_COEFFICIENTS, type LaneForm } from './emit/turn-kernels.ts';
import { bits } from '../../core/quantum/plan/passes.ts';
import { unitFactors, writeTwiddle, type PhaseBits } from './factors.ts';
import { BLOCK_UNITS, OP, SIGN_TABLE_BYTES, UNIT_BYTES, VECTOR_BYTES } from './layout.ts';
import type { Pending, PhaseTerm } from './pending.ts';
import type { ProgramWriter } from './program-writer.ts';
import { parity, type SplitMask, type TileMap } from './tile-map.ts';
import { emptyTurn, factorTurn, type TurnForm } from './turn-form.ts';

/** Stored numbers may grow by sqrt 2 a turn; at 2^-40 what is still to be multiplied is multiplied. */
const SCALE_MIN = 2 ** -40;
/** Factors of single qubits are multiplied in once they are this far from 1. */
const FACTOR_RANGE = 2 ** 16;

/** Writes the operations of one pass for given parameter values, and carries what stays pending from pass to pass. */
export class PassBinder {
  readonly #writer: ProgramWriter;
  readonly #kernels: KernelIndex;
  readonly #operations: readonly Elementary[];
  readonly #pending: Pending;
  readonly #values: Bindings;
  readonly #tolerance: number;
  readonly #turns: [TurnForm, TurnForm] = [emptyTurn(), emptyTurn()];
  #map!: TileMap;
  #count = 0;
  #first = 0;

  constructor(
    writer: ProgramWriter,
    kernels: KernelIndex,
    operations: readonly Elementary[],
    pending: Pending,
    values: Bindings,
  ) {
    this.#writer = writer;
    this.#kernels = kernels;
    this.#operations = operations;
    this.#pending = pending;
    this.#values = values;
    // Relative size of a part that is rounding: of f64 matrices, or below what f32 amplitudes resolve.
    this.#tolerance = writer.lanes === 4 ? 1e-9 : 1e-15;
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

  get count(): number {
    return this.#count;
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
    if (Math.hypot(scaleRe, scaleIm) < SCALE_MIN) this.#rescale();
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
        const angle = operation.angle(this.#values);
        const [a, b] = operation.qubits;
        const [re, im] = [Math.cos(angle), Math.sin(angle)];
        if (operation.qubits.length === 2) this.#pending.addPhase(a ?? 0, b ?? 0, re, im);
        else this.#phase(operation.qubits, re, im);
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
    this.#keepInRange(qubit);
    const m = productOf(operation.parts, this.#values);
    factorTurn(m, pending.re[qubit] as number, pending.im[qubit] as number, this.#tolerance, into);
    pending.re[qubit] = into.pendingRe;
    pending.im[qubit] = into.pendingIm;
    pending.multiplyScale(into.scaleRe, into.scaleIm);
    // With the sign that other qubits give it, an exchanged turn is that sign times what the kernel does.
    if (into.swapped) for (const other of bits(pending.signs[qubit] as number)) pending.multiplyQubit(other, -1, 0);
    return qubit;
  }

  #keepInRange(qubit: number): void {
    const size = Math.hypot(this.#pending.re[qubit] as number, this.#pending.im[qubit] as number);
    if (size < 1 / FACTOR_RANGE || size > FACTOR_RANGE) this.#settle(qubit);
  }

  #pair(first: number, second: number): void {
    const [turnA, turnB] = this.#turns;
    const qubitA = this.#factor(first, turnA);
    const qubitB = this.#factor(second, turnB);
    const { signs } = this.#pending;
    const crossed = (((signs[qubitA] as number) >>> qubitB) & 1) === 1;
    const a: BoundTurn = {
      turn: turnA,
      qubit: qubitA,
      split: this.#map.split((signs[qubitA] as number) & ~(1 << qubitB)),
      negative: false,
    };
    // Where the first turn exchanges the halves of its qubit, the sign that it gives the second is the other one: the
    // kernel exchanges halves only when it stores them.
    const b: BoundTurn = {
      turn: turnB,
      qubit: qubitB,
      split: this.#map.split((signs[qubitB] as number) & ~(1 << qubitA)),
      negative: crossed && turnA.swapped,
    };
    if (FORMS.indexOf(turnA.form) <= FORMS.indexOf(turnB.form)) this.#pairOf(a, b, crossed);
    else this.#pairOf(b, a, crossed);
  }

  #pairOf(a: BoundTurn, b: BoundTurn, crossed: boolean): void {
    const table = (a.split.units | b.split.units) !== 0;
    const kernel = this.#kernels.pair(a.turn.form, b.turn.form, { table, crossed });
    const op = this.#record(kernel, table ? SIGN_TABLE_BYTES : 0);
    const [strideA, strideB] = [this.#map.stride(a.qubit), this.#map.stride(b.qubit)];
    const w = this.#writer;
    w.word(op + OP.strideA, strideA);
    w.word(op + OP.strideB, strideB);
    w.word(op + OP.storeXor, (a.turn.swapped ? strideA : 0) | (b.turn.swapped ? strideB : 0));
    this.#turnCoefficients(op, 0, a.turn, a.split, a.negative);
    this.#turnCoefficients(op, 1, b.turn, b.split, b.negative);
    if (table) this.#signTable(op, a.split.units, b.split.units);
    this.#close(op);
  }

  #single(index: number): void {
    const [turn] = this.#turns;
    const qubit = this.#factor(index, turn);
    const split = this.#map.split(this.#pending.signs[qubit] as number);
    const op = this.#record(this.#kernels.single(turn.form), SIGN_TABLE_BYTES);
    const stride = this.#map.stride(qubit);
    this.#writer.word(op + OP.strideA, stride);
    this.#writer.word(op + OP.storeXor, turn.swapped ? stride : 0);
    this.#turnCoefficients(op, 0, turn, split, false);
    this.#signTable(op, split.units, 0);
    this.#close(op);
  }

  #turnCoefficients(op: number, which: 0 | 1, turn: TurnForm, split: SplitMask, negative: boolean): void {
    const w = this.#writer;
    this.#outMasks(op, which, split);
    const from = op + OP.coefficients + which * TURN_COEFFICIENTS * VECTOR_BYTES;
    for (let lane = 0; lane < w.lanes; lane++) {
      const s = (parity(lane & split.lanes) === 1) === negative ? 1 : -1;
      w.number(from, lane, s * turn.x);
      w.number(from + VECTOR_BYTES, lane, s * turn.y);
      w.number(from + 2 * VECTOR_BYTES, lane, turn.tau);
    }
  }

  #outMasks(op: number, which: 0 | 1, split: SplitMask): void {
    this.#writer.word(op + (which === 0 ? OP.outA : OP.outB), split.out);
    this.#writer.word(op + (which === 0 ? OP.highA : OP.highB), split.high);
  }

  #signTable(op: number, unitsA: number, unitsB: number): void {
    for (let unit = 0; unit < BLOCK_UNITS; unit++) {
      const entry = op + OP.table + unit * 2 * VECTOR_BYTES;
      this.#writer.sign(entry, parity(unit & unitsA) === 1);
      this.#writer.sign(entry + VECTOR_BYTES, parity(unit & unitsB) === 1);
    }
  }

  /** Turns on qubits inside the vectors. A form with an exchange is written out with all its factors. */
  #lanes(turns: readonly number[]): void {
    const forms: [LaneForm, LaneForm] = ['none', 'none'];
    const drafts = turns.map((index, which) => {
      if (index < 0) return null;
      const draft = this.#laneDraft(index);
      forms[which === 0 ? 0 : 1] = draft.form;
      return draft;
    });
    const op = this.#record(this.#kernels.lanes(forms[0], forms[1]), SIGN_TABLE_BYTES);
    const units: [number, number] = [0, 0];
    for (const [which, draft] of drafts.entries()) {
      if (draft === null) continue;
      const split = this.#map.split(this.#pending.signs[draft.qubit] as number);
      units[which === 0 ? 0 : 1] = split.units;
      this.#outMasks(op, which === 0 ? 0 : 1, split);
      this.#laneCoefficients(op, which, draft, split);
    }
    this.#signTable(op, units[0], units[1]);
    this.#close(op);
  }

  #laneDraft(index: number): LaneDraft {
    const operation = at(this.#operations, index);
    assert(operation.kind === 'turn', 'a scheduled turn is a turn');
    const { qubit } = operation;
    const pending = this.#pending;
    if (pending.hasPhases(qubit)) this.#resolve(qubit, pending.takePhases(qubit));
    this.#keepInRange(qubit);
    const m = productOf(operation.parts, this.#values);
    const [turn] = this.#turns;
    const [pRe, pIm] = [pending.re[qubit] as number, pending.im[qubit] as number];
    factorTurn(m, pRe, pIm, this.#tolerance, turn);
    if (!turn.swapped) {
      pending.re[qubit] = turn.pendingRe;
      pending.im[qubit] = turn.pendingIm;
      pending.multiplyScale(turn.scaleRe, turn.scaleIm);
      const twist = turn.form === 'twist' || turn.form === 'twistImaginary';
      const real = turn.form === 'real' || turn.form === 'twist';
      const other = real ? [turn.x, 0, turn.y, 0] : [0, turn.x, 0, turn.y];
      return { qubit, form: turn.form, own: [1, 0, 1, twist ? turn.tau : 0], other };
    }
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

  #laneCoefficients(op: number, which: number, draft: LaneDraft, split: SplitMask): void {
    const from = op + OP.coefficients + which * LANE_COEFFICIENTS * VECTOR_BYTES;
    for (let lane = 0; lane < this.#writer.lanes; lane++) {
      const half = 2 * ((lane >>> which) & 1);
      const s = parity(lane & split.lanes) === 1 ? -1 : 1;
      const numbers = [
        draft.own[half] as number,
        draft.own[half + 1] as number,
        s * (draft.other[half] as number),
        s * (draft.other[half + 1] as number),
      ];
      for (const [i, value] of numbers.entries()) this.#writer.number(from + i * VECTOR_BYTES, lane, value);
    }
  }

  /** Multiplies the half where `qubit` is 1 by phases of other qubits (and by what is pending on the qubit alone). */
  #resolve(qubit: number, terms: readonly PhaseTerm[]): void {
    const map = this.#map;
    if (map.local(qubit) < 0) {
      for (const { other, re, im } of terms) this.#phase([qubit, other], re, im);
      return;
    }
    const bits: PhaseBits = { local: unitFactors(map.tileBits), out: unitFactors(map.outBits) };
    for (const { other, re, im } of terms) {
      const [into, bit] = map.local(other) >= 0 ? [bits.local, map.local(other)] : [bits.out, map.out(other)];
      into.re[bit] = re;
      into.im[bit] = im;
    }
    const onLane = map.isLane(qubit);
    const op = this.#record(this.#kernels.twiddle(onLane), BLOCK_UNITS * UNIT_BYTES);
    if (onLane) this.#laneMask(op + OP.coefficients, (lane) => ((lane >>> qubit) & 1) === 1);
    else this.#writer.word(op + OP.strideA, map.stride(qubit));
    const { factor, blocks } = writeTwiddle(this.#writer, map, bits, op + OP.table);
    this.#writer.word(op + OP.factor, factor);
    this.#writer.word(op + OP.blocks, blocks);
    this.#close(op);
  }

  #laneMask(at: number, chosen: (lane: number) => boolean): void {
    for (let lane = 0; lane < this.#writer.lanes; lane++) this.#writer.laneBits(at, lane, chosen(lane));
  }

  /** Multiplies by re + i im where all `qubits` are 1 (everywhere where there are none). */
  #phase(qubits: readonly number[], re: number, im: number): void {
    const split = this.#map.split(qubits.reduce((mask, q) => mask | (1 << q), 0));
    const op = this.#record(this.#kernels.phase, 0);
    this.#writer.word(op + OP.localMask, split.high | (split.units * UNIT_BYTES));
    this.#writer.word(op + OP.outMask, split.out);
    for (let lane = 0; lane < this.#writer.lanes; lane++) {
      const all = (lane & split.lanes) === split.lanes;
      this.#writer.number(op + OP.coefficients, lane, all ? re : 1);
      this.#writer.number(op + OP.coefficients + VECTOR_BYTES, lane, all ? im : 0);
    }
    this.#close(op);
  }

  #rescale(): void {
    const { scaleRe, scaleIm } = this.#pending;
    this.#phase([], scaleRe, scaleIm);
    this.#pending.scaleRe = 1;
    this.#pending.scaleIm = 0;
  }

  /** Multiplies in what is pending on one qubit alone. */
  #settle(qubit: number): void {
    this.#phase([qubit], this.#pending.re[qubit] as number, this.#pending.im[qubit] as number);
    this.#pending.re[qubit] = 1;
    this.#pending.im[qubit] = 0;
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
      this.#resolveAll(qubit);
    }
    const map = this.#map;
    const used = new Set([...targets, ...controls]);
    const moves: [number, number][] = [];
    const moved = targets.map((qubit) => {
      if (!map.isLane(qubit)) return qubit;
      let free = map.qubits - 1;
      while (map.local(free) < 0 || map.isLane(free) || used.has(free)) free -= 1;
      assert(free >= map.laneBits, 'a tile has room to move the targets of a matrix');
      used.add(free);
      moves.push([qubit, free]);
      return free;
    });
    for (const [lane, free] of moves) this.#exchange(lane, free);
    // A control inside the vectors moved too where a target took its place: controls are never moved by the loop above.
    this.#denseAt(moved, controls, matrix);
    for (const [lane, free] of moves) this.#exchange(lane, free);
  }

  #resolveAll(qubit: number): void {
    const terms = [...this.#pending.takePhases(qubit), ...this.#pending.takeSigns(qubit)];
    const products = new Map<number, PhaseTerm>();
    for (const { other, re, im } of terms) {
      const had = products.get(other) ?? { re: 1, im: 0 };
      products.set(other, { other, re: had.re * re - had.im * im, im: had.re * im + had.im * re });
    }
    if (products.size > 0) this.#resolve(qubit, [...products.values()]);
    if (this.#pending.re[qubit] !== 1 || this.#pending.im[qubit] !== 0) this.#settle(qubit);
  }

  #denseAt(targets: readonly number[], controls: readonly number[], matrix: Matrix): void {
    const map = this.#map;
    const w = this.#writer;
    const rows = 2 ** targets.length;
    const strides = targets.map((qubit) => map.stride(qubit));
    const plain = rows === 4 && controls.length === 0;
    const op = this.#record(
      plain ? this.#kernels.dense2 : this.#kernels.dense,
      (plain ? 0 : DENSE_OFFSETS_BYTES) + rows * rows * UNIT_BYTES,
    );
    let entry = op + OP.table;
    if (plain) {
      w.word(op + OP.strideA, strides[0] as number);
      w.word(op + OP.strideB, strides[1] as number);
    } else {
      const split = map.split(controls.reduce((mask, q) => mask | (1 << q), 0));
      w.word(
        op + OP.strideA,
        strides.reduce((all, stride) => all | stride, 0),
      );
      w.word(op + OP.localMask, split.high | (split.units * UNIT_BYTES));
      w.word(op + OP.outMask, split.out);
      w.word(op + OP.count, rows);
      this.#laneMask(op + OP.coefficients, (lane) => (lane & split.lanes) === split.lanes);
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

interface BoundTurn {
  readonly turn: TurnForm;
  readonly qubit: number;
  readonly split: SplitMask;
  readonly negative: boolean;
}

interface LaneDraft {
  readonly qubit: number;
  readonly form: LaneForm;
  /** d of the half 0 and of the half 1 (re, im each), and o likewise. */
  readonly own: readonly number[];
  readonly other: readonly number[];
}

type Eight = readonly [number, number, number, number, number, number, number, number];
