import { fma } from './vector';

// C[4 x 12] (+)= A B for one register tile; three vectors of B per splat: the best tile with fused multiply-add (relaxed SIMD).
// The k loop is unrolled by 4. Lengths and strides in bytes except k (steps). B is a packed panel: 12 floats per step.

/** A is row-major, row stride `lda` bytes; rows past `rows` repeat the last one and are not stored. */
export function tileRows4x12(a: usize, lda: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, add: bool): void {
  let c00 = f32x4.splat(0.0), c01 = f32x4.splat(0.0), c02 = f32x4.splat(0.0);
  let c10 = f32x4.splat(0.0), c11 = f32x4.splat(0.0), c12 = f32x4.splat(0.0);
  let c20 = f32x4.splat(0.0), c21 = f32x4.splat(0.0), c22 = f32x4.splat(0.0);
  let c30 = f32x4.splat(0.0), c31 = f32x4.splat(0.0), c32 = f32x4.splat(0.0);
  const last = rows - 1;
  let a0 = a;
  let a1 = a + <usize>min(1, last) * lda;
  let a2 = a + <usize>min(2, last) * lda;
  let a3 = a + <usize>min(3, last) * lda;
  let s = f32x4.splat(0.0), b0 = s, b1 = s, b2 = s;
  let left = k;
  for (; left >= 4; left -= 4) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(a0, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(a1, 0); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(a2, 0); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(a3, 0); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    s = v128.load32_splat(a0, 4); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(a1, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(a2, 4); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(a3, 4); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    b0 = v128.load(b, 96); b1 = v128.load(b, 112); b2 = v128.load(b, 128);
    s = v128.load32_splat(a0, 8); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(a1, 8); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(a2, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(a3, 8); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    b0 = v128.load(b, 144); b1 = v128.load(b, 160); b2 = v128.load(b, 176);
    s = v128.load32_splat(a0, 12); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(a1, 12); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(a2, 12); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(a3, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    a0 += 16; a1 += 16; a2 += 16; a3 += 16;
    b += 192;
  }
  for (; left > 0; left--) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(a0, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(a1, 0); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(a2, 0); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(a3, 0); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    a0 += 4; a1 += 4; a2 += 4; a3 += 4;
    b += 48;
  }
  if (add) {
    c00 = f32x4.add(c00, v128.load(c + 0 * ldc, 0)); c01 = f32x4.add(c01, v128.load(c + 0 * ldc, 16)); c02 = f32x4.add(c02, v128.load(c + 0 * ldc, 32));
    c10 = f32x4.add(c10, v128.load(c + 1 * ldc, 0)); c11 = f32x4.add(c11, v128.load(c + 1 * ldc, 16)); c12 = f32x4.add(c12, v128.load(c + 1 * ldc, 32));
    c20 = f32x4.add(c20, v128.load(c + 2 * ldc, 0)); c21 = f32x4.add(c21, v128.load(c + 2 * ldc, 16)); c22 = f32x4.add(c22, v128.load(c + 2 * ldc, 32));
    c30 = f32x4.add(c30, v128.load(c + 3 * ldc, 0)); c31 = f32x4.add(c31, v128.load(c + 3 * ldc, 16)); c32 = f32x4.add(c32, v128.load(c + 3 * ldc, 32));
  }
  v128.store(c + 0 * ldc, c00, 0); v128.store(c + 0 * ldc, c01, 16); v128.store(c + 0 * ldc, c02, 32);
  v128.store(c + 1 * ldc, c10, 0); v128.store(c + 1 * ldc, c11, 16); v128.store(c + 1 * ldc, c12, 32);
  v128.store(c + 2 * ldc, c20, 0); v128.store(c + 2 * ldc, c21, 16); v128.store(c + 2 * ldc, c22, 32);
  v128.store(c + 3 * ldc, c30, 0); v128.store(c + 3 * ldc, c31, 16); v128.store(c + 3 * ldc, c32, 32);
}

/** A is column-major: element (m, k) at a + 4 m + k lda; may read up to 3 floats past the last row of A. */
export function tileColumns4x12(a: usize, lda: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, add: bool): void {
  let c00 = f32x4.splat(0.0), c01 = f32x4.splat(0.0), c02 = f32x4.splat(0.0);
  let c10 = f32x4.splat(0.0), c11 = f32x4.splat(0.0), c12 = f32x4.splat(0.0);
  let c20 = f32x4.splat(0.0), c21 = f32x4.splat(0.0), c22 = f32x4.splat(0.0);
  let c30 = f32x4.splat(0.0), c31 = f32x4.splat(0.0), c32 = f32x4.splat(0.0);
  let p = a;
  let s = f32x4.splat(0.0), b0 = s, b1 = s, b2 = s;
  let left = k;
  for (; left >= 4; left -= 4) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    p += lda;
    b0 = v128.load(b, 48); b1 = v128.load(b, 64); b2 = v128.load(b, 80);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    p += lda;
    b0 = v128.load(b, 96); b1 = v128.load(b, 112); b2 = v128.load(b, 128);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    p += lda;
    b0 = v128.load(b, 144); b1 = v128.load(b, 160); b2 = v128.load(b, 176);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    p += lda;
    b += 192;
  }
  for (; left > 0; left--) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16); b2 = v128.load(b, 32);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01); c02 = fma(s, b2, c02);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11); c12 = fma(s, b2, c12);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21); c22 = fma(s, b2, c22);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31); c32 = fma(s, b2, c32);
    p += lda;
    b += 48;
  }
  if (add) {
    c00 = f32x4.add(c00, v128.load(c + 0 * ldc, 0)); c01 = f32x4.add(c01, v128.load(c + 0 * ldc, 16)); c02 = f32x4.add(c02, v128.load(c + 0 * ldc, 32));
    c10 = f32x4.add(c10, v128.load(c + 1 * ldc, 0)); c11 = f32x4.add(c11, v128.load(c + 1 * ldc, 16)); c12 = f32x4.add(c12, v128.load(c + 1 * ldc, 32));
    c20 = f32x4.add(c20, v128.load(c + 2 * ldc, 0)); c21 = f32x4.add(c21, v128.load(c + 2 * ldc, 16)); c22 = f32x4.add(c22, v128.load(c + 2 * ldc, 32));
    c30 = f32x4.add(c30, v128.load(c + 3 * ldc, 0)); c31 = f32x4.add(c31, v128.load(c + 3 * ldc, 16)); c32 = f32x4.add(c32, v128.load(c + 3 * ldc, 32));
  }
  v128.store(c + 0 * ldc, c00, 0); v128.store(c + 0 * ldc, c01, 16); v128.store(c + 0 * ldc, c02, 32);
  v128.store(c + 1 * ldc, c10, 0); v128.store(c + 1 * ldc, c11, 16); v128.store(c + 1 * ldc, c12, 32);
  v128.store(c + 2 * ldc, c20, 0); v128.store(c + 2 * ldc, c21, 16); v128.store(c + 2 * ldc, c22, 32);
  v128.store(c + 3 * ldc, c30, 0); v128.store(c + 3 * ldc, c31, 16); v128.store(c + 3 * ldc, c32, 32);
}
