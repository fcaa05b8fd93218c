import { fma } from './vector';

// C[6 x 8] (+)= A B for one register tile; 12 accumulators, 2 vectors of B and one splat fill the 15 usable registers of x64: the best tile without fused multiply-add.
// The k loop is unrolled by 4. Lengths and strides in bytes except k (steps). B is a packed panel: 8 floats per step.

/** A is row-major, row stride `lda` bytes; rows past `rows` repeat the last one and are not stored. */
export function tileRows6x8(a: usize, lda: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, add: bool): void {
  let c00 = f32x4.splat(0.0), c01 = f32x4.splat(0.0);
  let c10 = f32x4.splat(0.0), c11 = f32x4.splat(0.0);
  let c20 = f32x4.splat(0.0), c21 = f32x4.splat(0.0);
  let c30 = f32x4.splat(0.0), c31 = f32x4.splat(0.0);
  let c40 = f32x4.splat(0.0), c41 = f32x4.splat(0.0);
  let c50 = f32x4.splat(0.0), c51 = f32x4.splat(0.0);
  const last = rows - 1;
  let a0 = a;
  let a1 = a + <usize>min(1, last) * lda;
  let a2 = a + <usize>min(2, last) * lda;
  let a3 = a + <usize>min(3, last) * lda;
  let a4 = a + <usize>min(4, last) * lda;
  let a5 = a + <usize>min(5, last) * lda;
  let s = f32x4.splat(0.0), b0 = s, b1 = s;
  let left = k;
  for (; left >= 4; left -= 4) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16);
    s = v128.load32_splat(a0, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1, 0); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2, 0); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3, 0); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(a4, 0); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5, 0); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    b0 = v128.load(b, 32); b1 = v128.load(b, 48);
    s = v128.load32_splat(a0, 4); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2, 4); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3, 4); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(a4, 4); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5, 4); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    b0 = v128.load(b, 64); b1 = v128.load(b, 80);
    s = v128.load32_splat(a0, 8); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1, 8); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3, 8); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(a4, 8); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5, 8); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    b0 = v128.load(b, 96); b1 = v128.load(b, 112);
    s = v128.load32_splat(a0, 12); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1, 12); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2, 12); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(a4, 12); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5, 12); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    a0 += 16; a1 += 16; a2 += 16; a3 += 16; a4 += 16; a5 += 16;
    b += 128;
  }
  for (; left > 0; left--) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16);
    s = v128.load32_splat(a0, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(a1, 0); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(a2, 0); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(a3, 0); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(a4, 0); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(a5, 0); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    a0 += 4; a1 += 4; a2 += 4; a3 += 4; a4 += 4; a5 += 4;
    b += 32;
  }
  if (add) {
    c00 = f32x4.add(c00, v128.load(c + 0 * ldc, 0)); c01 = f32x4.add(c01, v128.load(c + 0 * ldc, 16));
    c10 = f32x4.add(c10, v128.load(c + 1 * ldc, 0)); c11 = f32x4.add(c11, v128.load(c + 1 * ldc, 16));
    c20 = f32x4.add(c20, v128.load(c + 2 * ldc, 0)); c21 = f32x4.add(c21, v128.load(c + 2 * ldc, 16));
    c30 = f32x4.add(c30, v128.load(c + 3 * ldc, 0)); c31 = f32x4.add(c31, v128.load(c + 3 * ldc, 16));
    c40 = f32x4.add(c40, v128.load(c + 4 * ldc, 0)); c41 = f32x4.add(c41, v128.load(c + 4 * ldc, 16));
    c50 = f32x4.add(c50, v128.load(c + 5 * ldc, 0)); c51 = f32x4.add(c51, v128.load(c + 5 * ldc, 16));
  }
  v128.store(c + 0 * ldc, c00, 0); v128.store(c + 0 * ldc, c01, 16);
  v128.store(c + 1 * ldc, c10, 0); v128.store(c + 1 * ldc, c11, 16);
  v128.store(c + 2 * ldc, c20, 0); v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 3 * ldc, c30, 0); v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 4 * ldc, c40, 0); v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 5 * ldc, c50, 0); v128.store(c + 5 * ldc, c51, 16);
}

/** A is column-major: element (m, k) at a + 4 m + k lda; may read up to 5 floats past the last row of A. */
export function tileColumns6x8(a: usize, lda: usize, b: usize, c: usize, ldc: usize, k: i32, rows: i32, add: bool): void {
  let c00 = f32x4.splat(0.0), c01 = f32x4.splat(0.0);
  let c10 = f32x4.splat(0.0), c11 = f32x4.splat(0.0);
  let c20 = f32x4.splat(0.0), c21 = f32x4.splat(0.0);
  let c30 = f32x4.splat(0.0), c31 = f32x4.splat(0.0);
  let c40 = f32x4.splat(0.0), c41 = f32x4.splat(0.0);
  let c50 = f32x4.splat(0.0), c51 = f32x4.splat(0.0);
  let p = a;
  let s = f32x4.splat(0.0), b0 = s, b1 = s;
  let left = k;
  for (; left >= 4; left -= 4) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(p, 16); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(p, 20); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    p += lda;
    b0 = v128.load(b, 32); b1 = v128.load(b, 48);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(p, 16); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(p, 20); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    p += lda;
    b0 = v128.load(b, 64); b1 = v128.load(b, 80);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(p, 16); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(p, 20); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    p += lda;
    b0 = v128.load(b, 96); b1 = v128.load(b, 112);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(p, 16); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(p, 20); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    p += lda;
    b += 128;
  }
  for (; left > 0; left--) {
    b0 = v128.load(b, 0); b1 = v128.load(b, 16);
    s = v128.load32_splat(p, 0); c00 = fma(s, b0, c00); c01 = fma(s, b1, c01);
    s = v128.load32_splat(p, 4); c10 = fma(s, b0, c10); c11 = fma(s, b1, c11);
    s = v128.load32_splat(p, 8); c20 = fma(s, b0, c20); c21 = fma(s, b1, c21);
    s = v128.load32_splat(p, 12); c30 = fma(s, b0, c30); c31 = fma(s, b1, c31);
    s = v128.load32_splat(p, 16); c40 = fma(s, b0, c40); c41 = fma(s, b1, c41);
    s = v128.load32_splat(p, 20); c50 = fma(s, b0, c50); c51 = fma(s, b1, c51);
    p += lda;
    b += 32;
  }
  if (add) {
    c00 = f32x4.add(c00, v128.load(c + 0 * ldc, 0)); c01 = f32x4.add(c01, v128.load(c + 0 * ldc, 16));
    c10 = f32x4.add(c10, v128.load(c + 1 * ldc, 0)); c11 = f32x4.add(c11, v128.load(c + 1 * ldc, 16));
    c20 = f32x4.add(c20, v128.load(c + 2 * ldc, 0)); c21 = f32x4.add(c21, v128.load(c + 2 * ldc, 16));
    c30 = f32x4.add(c30, v128.load(c + 3 * ldc, 0)); c31 = f32x4.add(c31, v128.load(c + 3 * ldc, 16));
    c40 = f32x4.add(c40, v128.load(c + 4 * ldc, 0)); c41 = f32x4.add(c41, v128.load(c + 4 * ldc, 16));
    c50 = f32x4.add(c50, v128.load(c + 5 * ldc, 0)); c51 = f32x4.add(c51, v128.load(c + 5 * ldc, 16));
  }
  v128.store(c + 0 * ldc, c00, 0); v128.store(c + 0 * ldc, c01, 16);
  v128.store(c + 1 * ldc, c10, 0); v128.store(c + 1 * ldc, c11, 16);
  v128.store(c + 2 * ldc, c20, 0); v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 3 * ldc, c30, 0); v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 4 * ldc, c40, 0); v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 5 * ldc, c50, 0); v128.store(c + 5 * ldc, c51, 16);
}
