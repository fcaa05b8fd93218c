import { BLOCK_BYTES, BLOCK_UNITS, UNIT_BYTES } from './layout.ts';

/** Where the bits of a basis state lie while one pass runs: lanes, unit bits of the tile, bits of the tile number. */
export class TileMap {
  readonly laneBits: number;
  readonly qubits: number;
  readonly tile: number;
  readonly tileBits: number;
  readonly outBits: number;
  readonly #local: Int32Array;
  readonly #out: Int32Array;

  constructor(qubits: number, tile: number, laneBits: number) {
    this.qubits = qubits;
    this.tile = tile;
    this.laneBits = laneBits;
    this.#local = new Int32Array(qubits).fill(-1);
    this.#out = new Int32Array(qubits).fill(-1);
    let inside = 0;
    let outside = 0;
    for (let q = 0; q < qubits; q++) {
      if ((tile >>> q) & 1) this.#local[q] = inside++;
      else this.#out[q] = outside++;
    }
    this.tileBits = inside;
    this.outBits = outside;
  }

  /** Bit of the amplitude inside the tile, or -1. */
  local(qubit: number): number {
    return this.#local[qubit] as number;
  }

  /** Bit of the tile number, or -1. */
  out(qubit: number): number {
    return this.#out[qubit] as number;
  }

  isLane(qubit: number): boolean {
    return qubit < this.laneBits;
  }

  /** Byte distance between the two halves of a unit bit. */
  stride(qubit: number): number {
    return UNIT_BYTES << (this.local(qubit) - this.laneBits);
  }

  /** A set of qubits as lanes, units of a block, bytes above a block, and bits of the tile number. */
  split(mask: number): SplitMask {
    const split = { lanes: 0, units: 0, high: 0, out: 0 };
    for (let rest = mask, q = 0; rest !== 0; rest >>>= 1, q++) {
      if ((rest & 1) === 0) continue;
      const local = this.local(q);
      if (local < 0) split.out |= 1 << this.out(q);
      else if (local < this.laneBits) split.lanes |= 1 << local;
      else {
        const bytes = UNIT_BYTES << (local - this.laneBits);
        if (bytes < BLOCK_BYTES) split.units |= bytes / UNIT_BYTES;
        else split.high |= bytes;
      }
    }
    return split;
  }

  get tileBytes(): number {
    return 2 ** (this.tileBits - this.laneBits) * UNIT_BYTES;
  }

  get blocks(): number {
    return this.tileBytes / (BLOCK_UNITS * UNIT_BYTES);
  }
}

export interface SplitMask {
  readonly lanes: number;
  readonly units: number;
  readonly high: number;
  readonly out: number;
}

/** 1 where the number of set bits is odd. */
export function parity(bits: number): number {
  let v = bits;
  v ^= v >>> 16;
  v ^= v >>> 8;
  v ^= v >>> 4;
  return (0x6996 >>> (v & 15)) & 1;
}
