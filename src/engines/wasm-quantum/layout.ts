/**
 * Where things lie in the engine's memory. One memory holds control words, the program of the running plan, one scratch
 * tile a thread, and the states. All threads see the same memory. Pointers are byte offsets; fields are 32-bit words
 * unless said otherwise. emit/ reads what bind.ts writes; both take their offsets from here.
 */

/** Amplitudes are stored in units: a vector of real parts, then a vector of imaginary parts. */
export const UNIT_BYTES = 32;
export const VECTOR_BYTES = 16;

/** An operation on a tile. Tables of signs or factors follow at TABLE. */
export const OP = {
  kernel: 0,
  /** Bytes to the next operation. */
  size: 4,
  /** Byte distance from the first to the second of two partners; negative where the first is the one with bit 1. */
  strideA: 8,
  strideB: 12,
  /** Bits of the tile number whose parity flips the sign of A and of B. */
  outA: 16,
  outB: 20,
  /** Bits of the byte offset above one block whose parity flips the sign of A and of B. */
  highA: 24,
  highB: 28,
  /** Bits of the byte offset that a kernel walks around, and where in them it starts. */
  holes: 32,
  origin: 36,
  /** Bits of the tile number that must have the values in `outValue`. */
  outMask: 40,
  outValue: 56,
  /** Rows of a dense matrix. */
  count: 44,
  /** Pointers of a twiddle: FACTOR of the tile bits, (f64, f64) a block. */
  factor: 48,
  blocks: 52,
  /** Coefficients without a sign: vectors, up to TABLE. */
  coefficients: 64,
  table: 256,
} as const;

/** Signs and factors repeat with the low bits of the unit number: one block is 32 units. */
export const BLOCK_UNITS = 32;
export const BLOCK_BYTES = BLOCK_UNITS * UNIT_BYTES;
/** Coefficients of two turns with their signs: x and y of A, x and y of B. */
export const ENTRY_BYTES = 4 * VECTOR_BYTES;
/** Entries for both signs of A and both of B; one entry each, or one a unit of a block. */
export const ENTRIES_BYTES = 4 * ENTRY_BYTES;
export const ENTRY_TABLE_BYTES = BLOCK_UNITS * ENTRIES_BYTES;

export const PASS = {
  operations: 0,
  firstOperation: 4,
  /** 0: the tile lies in place; 1: gather runs into scratch. */
  gather: 8,
  /** 0: take what is there; 1: write a product state instead (startHigh, startLow, startShift). */
  source: 12,
  /** 0: nothing (in place); 1: write back times a real factor; 2: write back times the pending diagonal. */
  sink: 16,
  tileBytes: 20,
  runBytes: 24,
  /** Byte offsets: bits that choose a run inside a tile; bits that choose the tile. */
  runMask: 28,
  tileMask: 32,
  tiles: 36,
  /** Addresses of the high factors ((f64, f64) each) and of the low vectors, and log2 of the bytes of all low vectors. */
  startHigh: 40,
  endFactor: 44,
  startLow: 64,
  startShift: 68,
  /** A vector: the real factor of sink 1. */
  scale: 48,
  bytes: 128,
} as const;

/**
 * A product of one factor per qubit and a sign for pairs of qubits, over a state. Parts: one entry per out-of-tile bit
 * (OUT), one entry per run (RUN), and low vectors for every pattern of signs of the low bits.
 */
export const FACTOR = {
  outEntries: 0,
  out: 4,
  run: 8,
  low: 12,
  /** Bytes of the low vectors of one pattern. */
  patternBytes: 16,
  bytes: 32,
} as const;

/** Out-of-tile bit: factors where it is 0 and 1 (two f64 each), then what it flips: lower out bits, run bits, low pattern. */
export const OUT_ENTRY = { zero: 0, one: 16, outMask: 32, runMask: 36, low: 40, bytes: 48 } as const;
/** Run: factor (two f64), offset of its low pattern. */
export const RUN_ENTRY = { re: 0, im: 8, low: 16, bytes: 24 } as const;

/** Control words at the start of the memory; the ones that threads write lie in cache lines of their own. */
export const CONTROL = {
  /** Counts jobs; helpers wait for it to change. */
  job: 0,
  pass: 4,
  state: 8,
  tiles: 12,
  nextTile: 64,
  /** Helpers that finished the job. */
  done: 128,
  /** Helpers that have started. */
  ready: 192,
  bytes: 256,
} as const;

/** Thread-local scratch: what out_factors leaves, then the inputs of a dense matrix, then the tile. */
export const SCRATCH = {
  factor: 0,
  outRun: 16,
  outLow: 20,
  dense: 64,
  /** 2^8 units of a dense matrix on 8 qubits, in and out. */
  tile: 64 + 256 * UNIT_BYTES,
} as const;
