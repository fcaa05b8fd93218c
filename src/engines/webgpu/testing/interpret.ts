import { registerPairs, TILE_CODES } from '../../../../shaders/tile-operations.ts';
import type { Bindings } from '../../../core/quantum/circuit/angle.ts';
import { adjoint, matrixOf } from '../../../core/quantum/circuit/gate-table.ts';
import { applyMatrix } from '../../../core/quantum/engine/cpu-kernels.ts';
import type { BackwardProgram, SumOf } from '../plan/encode-backward.ts';
import type { TilePass } from '../plan/passes.ts';
import { programOf, type WebGpuPlan } from '../plan/plan.ts';

/**
 * Runs a plan as the shaders do, in float64 and without a GPU: reads the words of the program, tile by tile. Written from
 * the description of the program, not from the kernel's text, so that planner and encoder have a judge in Node.
 */
export function interpret(state: Float64Array, plan: WebGpuPlan, values: Bindings): void {
  const { words, starts } = programOf(plan, values);
  const machine = new Machine(words, plan.shape.registers);
  let tile = 0;
  for (const pass of plan.passes) {
    if (pass.kind === 'gate') applyMatrix(state, matrixOf(pass.step, values), pass.step.targets, pass.step.controls);
    else if (pass.kind === 'dense') {
      const { step, targets, z } = pass.block;
      applyMatrix(state, matrixOf(step, values), targets, bitsIn(z));
    } else machine.pass(state, pass, starts[tile] as number);
    if (pass.kind !== 'gate') tile++;
  }
}

/**
 * The same for the backward passes: both states are used up. Gives the sums of each pass, over the whole state, in the
 * order of the program's passes.
 */
export function interpretBackward(
  psi: Float64Array,
  lambda: Float64Array,
  { words, passes }: BackwardProgram,
  registers: number,
): readonly SumOf[] {
  return passes.map(({ pass, start }) => {
    const sums: [number, number][] = [];
    if (pass.kind === 'dense')
      for (const state of [psi, lambda]) {
        const undo = adjoint(matrixOf(pass.block.step, new Map()));
        applyMatrix(state, undo, pass.block.targets, bitsIn(pass.block.z));
      }
    // Read where it was written, and the other way round.
    else new Machine(words, registers, sums).pass(psi, { ...pass, load: pass.store, store: pass.load }, start, lambda);
    return (slot) => sums[slot] ?? [0, 0];
  });
}

const bitsIn = (mask: number): number[] =>
  Array.from({ length: 31 }, (_, q) => q).filter((q) => ((mask >> q) & 1) === 1);
const nibbles = (word: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (word >>> (4 * i)) & 15);

/** Bit i of `value` goes to `places[i]`. */
const deposit = (value: number, places: readonly number[]): number =>
  places.reduce((sum, place, i) => sum + (((value >> i) & 1) === 1 ? 2 ** place : 0), 0);

class Machine {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #registers: number;
  readonly #sums: [number, number][];

  constructor(words: Uint32Array<ArrayBuffer>, registers: number, sums: [number, number][] = []) {
    this.#words = words;
    this.#floats = new Float32Array(words.buffer);
    this.#registers = registers;
    this.#sums = sums;
  }

  pass(state: Float64Array, pass: TilePass, start: number, lambda: Float64Array | null = null): void {
    const width = Math.max(Math.log2(state.length / 2), pass.load.length);
    const outside = Array.from({ length: width }, (_, q) => q).filter((q) => !pass.load.includes(q));
    const size = 2 ** pass.load.length;
    const states = lambda === null ? [state] : [state, lambda];
    for (let group = 0; group < 2 ** outside.length; group++) {
      const base = deposit(group, outside);
      const tiles = states.map((from) => {
        const tile = new Float64Array(2 * size);
        for (let i = 0; i < size; i++) {
          const at = base + deposit(i, pass.load);
          tile.set([from[2 * at] ?? 0, from[2 * at + 1] ?? 0], 2 * i);
        }
        return tile;
      });
      let at = 4 * start;
      for (let round = 0; round < pass.rounds.length; round++) at = this.#round(tiles, group * size, at);
      for (const [s, into] of states.entries())
        for (let i = 0; i < size; i++) {
          const to = base + deposit(i, pass.store);
          const tile = tiles[s] as Float64Array;
          if (2 * to < into.length) into.set([tile[2 * i] as number, tile[2 * i + 1] as number], 2 * to);
        }
    }
  }

  #round(tiles: readonly Float64Array[], group: number, start: number): number {
    const threads = nibbles(this.#words[start] as number, 8);
    const registers = nibbles(this.#words[start + 1] as number, this.#registers);
    const held = Array.from({ length: 2 ** this.#registers }, (_, k) => deposit(k, registers));
    let at = start + 4;
    for (let left = this.#words[start + 2] as number; left > 0; left--) {
      for (let thread = 0; thread < 256; thread++) {
        const own = deposit(thread, threads);
        const places = held.map((place) => own + place);
        if ((this.#words[at] as number) >= TILE_CODES.measure) this.#measure(tiles, places, group + own, at);
        else for (const tile of tiles) this.#operation(tile, places, group + own, at);
      }
      at += 4 * (this.#words[at + 1] as number);
    }
    return at;
  }

  #measure(tiles: readonly Float64Array[], places: readonly number[], index: number, at: number): void {
    const [psi, lambda] = tiles as readonly [Float64Array, Float64Array];
    const add = (slot: number, row: number, column: number): void => {
      const [l, p] = [2 * (places[row] as number), 2 * (places[column] as number)];
      const [a, b, c, d] = [lambda[l], lambda[l + 1], psi[p], psi[p + 1]] as [number, number, number, number];
      const sum = (this.#sums[slot] ??= [0, 0]);
      sum[0] += a * c + b * d;
      sum[1] += a * d - b * c;
    };
    const word = (i: number): number => this.#words[at + i] as number;
    const met = (mask: number): boolean => (index & mask) >>> 0 === mask;
    if (word(0) === TILE_CODES.measureTerms) {
      for (let t = 0; t < 4; t++)
        for (const k of places.keys())
          if (met(word(4 + 2 * t)) && ((word(5 + 2 * t) >> k) & 1) === 1) add(word(2) + t, k, k);
      return;
    }
    const bits =
      word(0) < TILE_CODES.measurePair
        ? [word(0) - TILE_CODES.measure]
        : (registerPairs(this.#registers)[word(0) - TILE_CODES.measurePair] as readonly number[]);
    const pattern = met(word(2)) ? word(3) : 0;
    const size = 2 ** bits.length;
    for (const k of places.keys()) {
      if (((pattern >> k) & 1) === 0 || bits.some((bit) => ((k >> bit) & 1) === 1)) continue;
      for (let entry = 0; entry < size * size; entry++)
        add(word(4) + entry, k + deposit(Math.floor(entry / size), bits), k + deposit(entry % size, bits));
    }
  }

  /** `places`: tile index of each register; `index`: of the thread, with the group's bits above the tile's. */
  #operation(tile: Float64Array, places: readonly number[], index: number, at: number): void {
    const code = this.#words[at] as number;
    const c = TILE_CODES;
    const met = (mask: number): boolean => (index & mask) >>> 0 === mask;
    const pattern = met(this.#words[at + 2] as number) ? (this.#words[at + 3] as number) : 0;
    const f = (i: number): number => this.#floats[at + 4 + i] as number;
    if (code < c.pair) {
      const r = code % 4;
      const kind = code - r;
      const matrix =
        kind === c.general || kind === c.controlled
          ? [0, 1, 2, 3, 4, 5, 6, 7].map(f)
          : kind === c.real
            ? [f(0), 0, f(1), 0, f(2), 0, f(3), 0]
            : kind === c.imaginary
              ? [f(0), 0, 0, f(1), 0, f(2), f(3), 0]
              : [0, 0, 1, 0, 1, 0, 0, 0];
      const all = kind < c.controlled;
      for (const [k, place] of places.entries())
        if (((k >> r) & 1) === 0 && (all || ((pattern >> k) & 1) === 1))
          mix(tile, [place, places[k + 2 ** r] as number], matrix);
    } else if (code < c.signs) {
      const [low, high] = registerPairs(this.#registers)[code - c.pair] as readonly [number, number];
      const matrix = Array.from({ length: 32 }, (_, i) => f(i));
      for (const k of places.keys())
        if (((k >> low) & 1) === 0 && ((k >> high) & 1) === 0 && ((pattern >> k) & 1) === 1)
          mix(
            tile,
            [k, k + 2 ** low, k + 2 ** high, k + 2 ** low + 2 ** high].map((i) => places[i] as number),
            matrix,
          );
    } else if (code === c.phase)
      for (const [k, place] of places.entries()) {
        if (((pattern >> k) & 1) === 1) mix(tile, [place], [f(0), f(1)]);
      }
    else this.#terms(tile, places, met, at);
  }

  #terms(tile: Float64Array, places: readonly number[], met: (mask: number) => boolean, at: number): void {
    const words = this.#words;
    const pairs = registerPairs(this.#registers);
    const singles = Array.from({ length: this.#registers }, (_, r) => 1 << r);
    const slots = [0, ...singles, ...pairs.map(([low, high]) => (1 << low) | (1 << high))];
    for (let t = at + 4; t < at + 4 * (words[at + 1] as number); t += words[at] === TILE_CODES.signs ? 2 : 4) {
      if (!met(words[t] as number)) continue;
      for (const [k, place] of places.entries()) {
        if (words[at] === TILE_CODES.signs) {
          if ((((words[t + 1] as number) >> k) & 1) === 1) mix(tile, [place], [-1, 0]);
          continue;
        }
        const bits = slots[words[t + 1] as number] as number;
        if ((k & bits) === bits) mix(tile, [place], [this.#floats[t + 2] as number, this.#floats[t + 3] as number]);
      }
    }
  }
}

/** A dense matrix (row-major, interleaved) on the amplitudes at `places`. */
function mix(tile: Float64Array, places: readonly number[], matrix: readonly number[]): void {
  const inputs = places.map((place) => [tile[2 * place] as number, tile[2 * place + 1] as number] as const);
  for (const [row, place] of places.entries()) {
    let re = 0;
    let im = 0;
    for (const [column, [a, b]] of inputs.entries()) {
      const m = 2 * (row * places.length + column);
      re += (matrix[m] as number) * a - (matrix[m + 1] as number) * b;
      im += (matrix[m] as number) * b + (matrix[m + 1] as number) * a;
    }
    tile[2 * place] = re;
    tile[2 * place + 1] = im;
  }
}
