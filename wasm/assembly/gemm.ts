import { tileColumns4x12, tileRows4x12 } from './tile-4x12';
import { tileColumns6x8, tileRows6x8 } from './tile-6x8';
import { fma } from './vector';

// C[M, N] (+)= A[M, K] B[K, N], f32. B is packed into panels of NR columns, k-major and zero-padded: element (k, n) lies at
// (n / NR) * K * NR + k * NR + n % NR. A is read in place, by rows or by columns, which saves a pass over the activations.

/** Columns of a packed panel. */
export const NR: i32 = ASC_FEATURE_RELAXED_SIMD ? 12 : 8;
/** Rows of a register tile. */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 6;
/** One k-block of a panel (8 KiB at 8 columns) stays in the first-level cache. */
const KC: i32 = 256;
/** Rows of A that are reused against one panel: 96 x 256 floats = 96 KiB, second-level cache. */
const MC: i32 = 96;
/** A whole tile lands here first when only a part of it lies inside C. */
const TILE: usize = memory.data(6 * 12 * 4, 16);

export function panelColumns(): i32 {
  return NR;
}

/** Strides in floats: element (k, n) of the source is at source + 4 (k rowStride + n columnStride). */
export function pack(source: usize, rowStride: i32, columnStride: i32, K: i32, N: i32, target: usize): void {
  for (let n0 = 0; n0 < N; n0 += NR) {
    const width = min(NR, N - n0);
    let from = source + ((<usize>n0 * columnStride) << 2);
    for (let k = 0; k < K; k++) {
      if (width == NR && columnStride == 1) {
        v128.store(target, v128.load(from));
        v128.store(target, v128.load(from, 16), 16);
        if (NR == 12) v128.store(target, v128.load(from, 32), 32);
      } else {
        for (let j = 0; j < NR; j++) {
          const value: f32 = j < width ? load<f32>(from + ((<usize>j * columnStride) << 2)) : 0;
          store<f32>(target + (<usize>j << 2), value);
        }
      }
      target += <usize>NR << 2;
      from += <usize>rowStride << 2;
    }
  }
}

/** The same with every value multiplied. */
export function packScaled(source: usize, rowStride: i32, columnStride: i32, K: i32, N: i32, target: usize, by: f32): void {
  pack(source, rowStride, columnStride, K, N, target);
  const count = ((N + NR - 1) / NR) * NR * K;
  for (let i = 0; i < count; i += 4) {
    const o = target + (<usize>i << 2);
    v128.store(o, f32x4.mul(v128.load(o), f32x4.splat(by)));
  }
}

@inline
function tile(byRows: bool, a: usize, lda: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, add: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (byRows) tileRows4x12(a, lda, b, c, ldc, k, rows, add);
    else tileColumns4x12(a, lda, b, c, ldc, k, rows, add);
  } else {
    if (byRows) tileRows6x8(a, lda, b, c, ldc, k, rows, add);
    else tileColumns6x8(a, lda, b, c, ldc, k, rows, add);
  }
}

function storeTile(c: usize, ldc: usize, rows: i32, columns: i32, add: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + <usize>i * ldc + (<usize>j << 2);
      const value = load<f32>(TILE + (<usize>(i * NR + j) << 2));
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
  }
}

/**
 * `packedK`: how many k each panel of B holds (>= K: a prefix may be used). lda, ldc in floats. byRows: A[m, k] at m lda + k, otherwise at
 * k lda + m. add: C is added to instead of overwritten.
 */
export function gemm(
  M: i32, N: i32, K: i32,
  a: usize, lda: i32, byRows: bool,
  b: usize, packedK: i32,
  c: usize, ldc: i32, add: bool,
): void {
  const ldaBytes = <usize>lda << 2;
  const ldcBytes = <usize>ldc << 2;
  const aRow: usize = byRows ? ldaBytes : 4;
  const aStep: usize = byRows ? 4 : ldaBytes;
  const panelBytes = <usize>(packedK * NR) << 2;
  for (let k0 = 0; k0 < K; k0 += KC) {
    const kc = min(KC, K - k0);
    const more = add || k0 > 0;
    const ak = a + <usize>k0 * aStep;
    const bk = b + (<usize>(k0 * NR) << 2);
    for (let m0 = 0; m0 < M; m0 += MC) {
      const mEnd = min(m0 + MC, M);
      let panel = bk;
      for (let n0 = 0; n0 < N; n0 += NR) {
        const columns = min(NR, N - n0);
        for (let m = m0; m < mEnd; m += MR) {
          const rows = min(MR, mEnd - m);
          const am = ak + <usize>m * aRow;
          const cm = c + <usize>m * ldcBytes + (<usize>n0 << 2);
          if (rows == MR && columns == NR) {
            tile(byRows, am, ldaBytes, panel, cm, ldcBytes, kc, rows, more);
          } else {
            tile(byRows, am, ldaBytes, panel, TILE, <usize>NR << 2, kc, rows, false);
            storeTile(cm, ldcBytes, rows, columns, more);
          }
        }
        panel += panelBytes;
      }
    }
  }
}

/** y[N] (+)= x[K] B, one row: decoding. Four k at a time hide the latency of the additions. */
export function gemv(N: i32, K: i32, x: usize, b: usize, y: usize, add: bool): void {
  for (let n0 = 0; n0 < N; n0 += NR) {
    const columns = min(NR, N - n0);
    for (let v = 0; v < columns; v += 4) {
      let c0 = f32x4.splat(0.0), c1 = c0, c2 = c0, c3 = c0;
      let p = b + (<usize>v << 2);
      let k = 0;
      for (; k + 4 <= K; k += 4) {
        const o = x + (<usize>k << 2);
        c0 = fma(v128.load32_splat(o), v128.load(p), c0);
        c1 = fma(v128.load32_splat(o, 4), v128.load(p, NR * 4), c1);
        c2 = fma(v128.load32_splat(o, 8), v128.load(p, NR * 8), c2);
        c3 = fma(v128.load32_splat(o, 12), v128.load(p, NR * 12), c3);
        p += <usize>NR << 4;
      }
      for (; k < K; k++) {
        c0 = fma(v128.load32_splat(x + (<usize>k << 2)), v128.load(p), c0);
        p += <usize>NR << 2;
      }
      v128.store(TILE, f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)));
      for (let j = 0; j < min(4, columns - v); j++) {
        const at = y + (<usize>(n0 + v + j) << 2);
        const value = load<f32>(TILE + (<usize>j << 2));
        store<f32>(at, add ? load<f32>(at) + value : value);
      }
    }
    b += <usize>(K * NR) << 2;
  }
}
