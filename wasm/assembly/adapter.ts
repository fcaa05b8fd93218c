import { fma } from './vector';

/**
 * out[i, n] = scale sum over t of u[t, i] dy[t, n]: one example's gradient of one B factor, [rank, N] row-major. Strides in floats.
 * May read up to 3 floats past a row of u.
 */
export function factorGradient(
  u: usize, ldu: i32, dy: usize, lddy: i32, length: i32, rank: i32, N: i32, out: usize, scale: f32,
): void {
  const uStep = <usize>ldu << 2;
  const dyStep = <usize>lddy << 2;
  const by = f32x4.splat(scale);
  for (let i = 0; i < rank; i += 4) {
    const ui = u + (<usize>i << 2);
    const rows = min(4, rank - i);
    let n = 0;
    for (; n + 8 <= N; n += 8) {
      let c00 = f32x4.splat(0.0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
      let s = ui;
      let d = dy + (<usize>n << 2);
      for (let t = 0; t < length; t++) {
        const d0 = v128.load(d), d1 = v128.load(d, 16);
        let a = v128.load32_splat(s);
        c00 = fma(a, d0, c00); c01 = fma(a, d1, c01);
        a = v128.load32_splat(s, 4);
        c10 = fma(a, d0, c10); c11 = fma(a, d1, c11);
        a = v128.load32_splat(s, 8);
        c20 = fma(a, d0, c20); c21 = fma(a, d1, c21);
        a = v128.load32_splat(s, 12);
        c30 = fma(a, d0, c30); c31 = fma(a, d1, c31);
        s += uStep;
        d += dyStep;
      }
      const o = out + (<usize>(i * N + n) << 2);
      const row = <usize>N << 2;
      v128.store(o, f32x4.mul(c00, by)); v128.store(o, f32x4.mul(c01, by), 16);
      if (rows > 1) { v128.store(o + row, f32x4.mul(c10, by)); v128.store(o + row, f32x4.mul(c11, by), 16); }
      if (rows > 2) { v128.store(o + 2 * row, f32x4.mul(c20, by)); v128.store(o + 2 * row, f32x4.mul(c21, by), 16); }
      if (rows > 3) { v128.store(o + 3 * row, f32x4.mul(c30, by)); v128.store(o + 3 * row, f32x4.mul(c31, by), 16); }
    }
    for (; n < N; n++) {
      for (let r = 0; r < rows; r++) {
        let sum: f32 = 0;
        for (let t = 0; t < length; t++)
          sum += load<f32>(ui + <usize>t * uStep + (<usize>r << 2)) * load<f32>(dy + <usize>t * dyStep + (<usize>n << 2));
        store<f32>(out + (<usize>((i + r) * N + n) << 2), sum * scale);
      }
    }
  }
}

/** L2 norm in float64: squares of f32 are exact there, so clipping is limited by f32 rounding alone. */
export function norm(values: usize, count: i32): f64 {
  let even = f64x2.splat(0.0), odd = even;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const v = v128.load(values + (<usize>i << 2));
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  let sum = f64x2.extract_lane(even, 0) + f64x2.extract_lane(even, 1) + f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1);
  for (; i < count; i++) {
    const v = <f64>load<f32>(values + (<usize>i << 2));
    sum += v * v;
  }
  return sqrt<f64>(sum);
}

/** sum[i] = sum over examples of factors[b] (f64) values[b, i], added in float64 and rounded once. */
export function weightedSum(values: usize, factors: usize, batch: i32, count: i32, sum: usize): void {
  const row = <usize>count << 2;
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    let total = f64x2.splat(0.0);
    let at = values + (<usize>i << 2);
    for (let b = 0; b < batch; b++) {
      const v = f64x2.promote_low_f32x4(v128.load64_zero(at));
      total = f64x2.add(total, f64x2.mul(v, v128.load64_splat(factors + (<usize>b << 3))));
      at += row;
    }
    v128.store64_lane(sum + (<usize>i << 2), f32x4.demote_f64x2_zero(total), 0);
  }
  if (i < count) {
    let total: f64 = 0;
    for (let b = 0; b < batch; b++)
      total += <f64>load<f32>(values + <usize>b * row + (<usize>i << 2)) * load<f64>(factors + (<usize>b << 3));
    store<f32>(sum + (<usize>i << 2), <f32>total);
  }
}
