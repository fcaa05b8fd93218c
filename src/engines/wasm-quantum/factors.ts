import { BLOCK_UNITS, FACTOR, OUT_ENTRY, RUN_ENTRY, UNIT_BYTES } from './layout.ts';
import type { ProgramWriter } from './program-writer.ts';
import { parity, type TileMap } from './tile-map.ts';

/** A factor per qubit and value, times (-1)^(number of pairs of `signs` that are 1 1), times `scale`. */
export interface ProductFactor {
  readonly zeroRe: Float64Array;
  readonly zeroIm: Float64Array;
  readonly oneRe: Float64Array;
  readonly oneIm: Float64Array;
  readonly signs: Int32Array;
  readonly scaleRe: number;
  readonly scaleIm: number;
}

/** The lowest qubits make a run: this many, or the whole of a smaller tile. */
export const RUN_BITS = 5;

/** Writes the tables of a product factor for one pass; returns the address of its FACTOR record. */
export function writeFactor(writer: ProgramWriter, map: TileMap, factor: ProductFactor): number {
  const record = writer.allocate(FACTOR.bytes);
  const out = writer.allocate(Math.max(1, map.outBits) * OUT_ENTRY.bytes);
  const runs = 2 ** (map.tileBits - RUN_BITS);
  const run = writer.allocate(runs * RUN_ENTRY.bytes);
  const runUnits = 2 ** (RUN_BITS - map.laneBits);
  const patternBytes = runUnits * UNIT_BYTES;
  const low = writer.allocate(2 ** RUN_BITS * patternBytes);
  writer.word(record + FACTOR.outEntries, map.outBits);
  writer.word(record + FACTOR.out, out);
  writer.word(record + FACTOR.run, run);
  writer.word(record + FACTOR.low, low);
  writer.word(record + FACTOR.patternBytes, patternBytes);
  for (let q = 0; q < map.qubits; q++) if (map.out(q) >= 0) writeOutEntry(writer, map, factor, q, out);
  writeRuns(writer, map, factor, run);
  writeLow(writer, map, factor, low, patternBytes);
  return record;
}

const LOW = 2 ** RUN_BITS - 1;

function writeOutEntry(writer: ProgramWriter, map: TileMap, factor: ProductFactor, q: number, out: number): void {
  const entry = out + map.out(q) * OUT_ENTRY.bytes;
  writer.double(entry + OUT_ENTRY.zero, factor.zeroRe[q] as number);
  writer.double(entry + OUT_ENTRY.zero + 8, factor.zeroIm[q] as number);
  writer.double(entry + OUT_ENTRY.one, factor.oneRe[q] as number);
  writer.double(entry + OUT_ENTRY.one + 8, factor.oneIm[q] as number);
  const { outMask, runMask, low } = flips(map, factor.signs[q] as number, q);
  writer.word(entry + OUT_ENTRY.outMask, outMask);
  writer.word(entry + OUT_ENTRY.runMask, runMask);
  writer.word(entry + OUT_ENTRY.low, low);
}

/** Which signs a qubit that is 1 flips: by out bits below its own (each pair once), by run bits, by low bits. */
function flips(
  map: TileMap,
  row: number,
  q: number,
): { readonly outMask: number; readonly runMask: number; readonly low: number } {
  let [outMask, runMask] = [0, 0];
  for (let other = RUN_BITS; other < map.qubits; other++) {
    if (((row >>> other) & 1) === 0) continue;
    if (map.out(other) >= 0) outMask |= other < q ? 1 << map.out(other) : 0;
    else runMask |= 1 << (map.local(other) - RUN_BITS);
  }
  return { outMask, runMask, low: row & LOW };
}

/** Products over the run bits by doubling: entry with bit j set = entry without it, times factor and sign of j. */
function writeRuns(writer: ProgramWriter, map: TileMap, factor: ProductFactor, run: number): void {
  const { doubles, words } = writer.views();
  const first = run / 8;
  const stride = RUN_ENTRY.bytes / 8;
  doubles[first] = factor.scaleRe;
  doubles[first + 1] = factor.scaleIm;
  let size = 1;
  for (let q = RUN_BITS; q < map.qubits; q++) {
    if (map.local(q) < 0) continue;
    const [zr, zi, or, oi] = valuesOf(factor, q);
    const { runMask, low } = flips(map, factor.signs[q] as number, q);
    const plain = zr === 1 && zi === 0;
    for (let i = 0; i < size; i++) {
      const from = first + stride * i;
      const to = from + stride * size;
      const [r, m] = [doubles[from] as number, doubles[from + 1] as number];
      const negative = runMask !== 0 && parity(i & runMask) === 1;
      const [re, im] = [r * or - m * oi, r * oi + m * or];
      doubles[to] = negative ? -re : re;
      doubles[to + 1] = negative ? -im : im;
      words[2 * to + LOW_WORD] = (words[2 * from + LOW_WORD] as number) ^ low;
      if (plain) continue;
      doubles[from] = r * zr - m * zi;
      doubles[from + 1] = r * zi + m * zr;
    }
    size *= 2;
  }
}

const LOW_WORD = RUN_ENTRY.low / 4;

function writeLow(writer: ProgramWriter, map: TileMap, factor: ProductFactor, low: number, patternBytes: number): void {
  const count = 2 ** RUN_BITS;
  const re = new Float64Array(count);
  const im = new Float64Array(count);
  re[0] = 1;
  for (let q = 0, size = 1; q < RUN_BITS; q++, size *= 2) {
    const [zr, zi, or, oi] = valuesOf(factor, q);
    const row = factor.signs[q] as number;
    for (let i = 0; i < size; i++) {
      const [r, m] = [re[i] as number, im[i] as number];
      const s = parity(i & row) === 0 ? 1 : -1;
      re[i + size] = s * (r * or - m * oi);
      im[i + size] = s * (r * oi + m * or);
      re[i] = r * zr - m * zi;
      im[i] = r * zi + m * zr;
    }
  }
  const laneMask = writer.lanes - 1;
  for (let pattern = 0; pattern < count; pattern++)
    for (let i = 0; i < count; i++) {
      const s = parity(i & pattern) === 0 ? 1 : -1;
      const at = low + pattern * patternBytes + (i >>> map.laneBits) * UNIT_BYTES;
      writer.number(at, i & laneMask, s * (re[i] as number));
      writer.number(at + 16, i & laneMask, s * (im[i] as number));
    }
}

function valuesOf(factor: ProductFactor, q: number): readonly [number, number, number, number] {
  return [factor.zeroRe[q] as number, factor.zeroIm[q] as number, factor.oneRe[q] as number, factor.oneIm[q] as number];
}

/** Complex numbers by position. */
interface Factors {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export interface PhaseBits {
  /** Factor by amplitude bit inside the tile (lanes first) and by bit of the tile number. */
  readonly local: Factors;
  readonly out: Factors;
}

export function unitFactors(count: number): Factors {
  return { re: new Float64Array(count).fill(1), im: new Float64Array(count) };
}

/** Tables of a twiddle: low vectors at `table`, and the addresses of the block factors and of the FACTOR of the tile bits. */
export function writeTwiddle(
  writer: ProgramWriter,
  map: TileMap,
  bits: PhaseBits,
  table: number,
): { readonly factor: number; readonly blocks: number } {
  const blockBits = map.laneBits + Math.log2(BLOCK_UNITS);
  const laneMask = writer.lanes - 1;
  const low = subsetProducts(bits.local, 0, blockBits);
  for (let i = 0; i < low.re.length; i++) {
    const at = table + (i >>> map.laneBits) * UNIT_BYTES;
    writer.number(at, i & laneMask, low.re[i] as number);
    writer.number(at + 16, i & laneMask, low.im[i] as number);
  }
  const blocks = writer.allocate(16 * map.blocks);
  const high = subsetProducts(bits.local, blockBits, map.tileBits);
  for (let i = 0; i < high.re.length; i++) {
    writer.double(blocks + 16 * i, high.re[i] as number);
    writer.double(blocks + 16 * i + 8, high.im[i] as number);
  }
  const factor = writer.allocate(FACTOR.bytes);
  const out = writer.allocate(Math.max(1, map.outBits) * OUT_ENTRY.bytes);
  writer.word(factor + FACTOR.outEntries, map.outBits);
  writer.word(factor + FACTOR.out, out);
  for (let bit = 0; bit < map.outBits; bit++) {
    const entry = out + bit * OUT_ENTRY.bytes;
    writer.double(entry + OUT_ENTRY.zero, 1);
    writer.double(entry + OUT_ENTRY.one, bits.out.re[bit] as number);
    writer.double(entry + OUT_ENTRY.one + 8, bits.out.im[bit] as number);
  }
  return { factor, blocks };
}

/** Entry i: product of the factors from bit `from` up to `to` whose bit is set in i. */
function subsetProducts({ re, im }: Factors, from: number, to: number): Factors {
  const out = unitFactors(2 ** (to - from));
  for (let bit = from, size = 1; bit < to; bit++, size *= 2) {
    const [fr, fi] = [re[bit] as number, im[bit] as number];
    for (let i = 0; i < size; i++) {
      const [r, m] = [out.re[i] as number, out.im[i] as number];
      out.re[i + size] = r * fr - m * fi;
      out.im[i + size] = r * fi + m * fr;
    }
  }
  return out;
}
