/** IEEE 754 binary16 and bfloat16 to and from f32. Node 20 and Safari before 18.2 have no Float16Array. */

/** Every binary16 value widened: 256 KiB, built once per reading of a file; four times faster than widening value by value. */
export function widenF16(source: Uint16Array): Float32Array {
  const table = f16Table();
  const out = new Float32Array(source.length);
  for (let i = 0; i < source.length; i++) out[i] = table[source[i] as number] as number;
  return out;
}

/** bfloat16 is the upper half of an f32. */
export function widenBf16(source: Uint16Array): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = (source[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

/** Rounds to nearest, ties to even; past 65504 becomes infinity, as the standard says. */
export function narrowF16(source: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(source.length);
  const cell = new Float32Array(1);
  const bits = new Uint32Array(cell.buffer);
  for (let i = 0; i < source.length; i++) {
    cell[0] = source[i] as number;
    out[i] = narrowBits(bits[0] as number);
  }
  return out;
}

function narrowBits(x: number): number {
  const sign = (x >>> 16) & 0x8000;
  const exponent = (x >>> 23) & 0xff;
  const mantissa = x & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e < -10) return sign;
  // Below 2^-14 the result is subnormal: the hidden bit becomes visible and moves right.
  const full = e <= 0 ? mantissa | 0x800000 : mantissa;
  const shift = e <= 0 ? 14 - e : 13;
  const kept = (e <= 0 ? 0 : e << 10) + (full >>> shift);
  const rest = full & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  // A carry out of the mantissa raises the exponent by one, which is the right number.
  return sign | (rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept);
}

function f16Table(): Float32Array {
  const table = new Float32Array(65536);
  for (let h = 0; h < 65536; h++) {
    const exponent = (h >>> 10) & 31;
    const mantissa = h & 1023;
    let value: number;
    if (exponent === 0) value = mantissa * 2 ** -24;
    else if (exponent === 31) value = mantissa === 0 ? Infinity : NaN;
    else value = (1024 + mantissa) * 2 ** (exponent - 25);
    table[h] = (h & 0x8000) === 0 ? value : -value;
  }
  return table;
}
