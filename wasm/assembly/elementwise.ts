import { fma, loadPart, sigmoid4, storePart, sum4 } from './vector';

/** x[i] = embedding of tokens[i]: D floats, `stride` floats apart, starting at base + token 4 step (raw rows) or inside packed panels of `columns`. */
export function embed(tokens: usize, count: i32, x: usize, D: i32, base: usize, columns: i32): void {
  for (let i = 0; i < count; i++) {
    const token = load<i32>(tokens + (<usize>i << 2));
    const out = x + (<usize>(i * D) << 2);
    if (columns == 0) {
      memory.copy(out, base + (<usize>token * D << 2), <usize>D << 2);
    } else {
      const from = base + ((<usize>(token / columns) * D * columns + token % columns) << 2);
      for (let d = 0; d < D; d++) store<f32>(out + (<usize>d << 2), load<f32>(from + (<usize>(d * columns) << 2)));
    }
  }
}

/** unit = x ri with ri = 1 / sqrt(mean x^2 + eps); out = unit gain. Rows of D. */
export function rmsForward(x: usize, gain: usize, unit: usize, out: usize, ri: usize, rows: i32, D: i32, eps: f32): void {
  const whole = D & ~3;
  const part = D - whole;
  for (let i = 0; i < rows; i++) {
    let sums = f32x4.splat(0.0);
    for (let d = 0; d < whole; d += 4) {
      const v = v128.load(x + (<usize>d << 2));
      sums = fma(v, v, sums);
    }
    if (part > 0) {
      const v = loadPart(x + (<usize>whole << 2), part);
      sums = fma(v, v, sums);
    }
    const inverse: f32 = 1 / sqrt<f32>(sum4(sums) / <f32>D + eps);
    store<f32>(ri + (<usize>i << 2), inverse);
    const r = f32x4.splat(inverse);
    for (let d = 0; d < whole; d += 4) {
      const o = <usize>d << 2;
      const u = f32x4.mul(v128.load(x + o), r);
      v128.store(unit + o, u);
      v128.store(out + o, f32x4.mul(u, v128.load(gain + o)));
    }
    if (part > 0) {
      const o = <usize>whole << 2;
      const u = f32x4.mul(loadPart(x + o, part), r);
      storePart(unit + o, u, part);
      storePart(out + o, f32x4.mul(u, loadPart(gain + o, part)), part);
    }
    const step = <usize>D << 2;
    x += step;
    unit += step;
    out += step;
  }
}

/** dx += ri (d - unit mean(d unit)) with d = dOut gain. */
export function rmsBackward(dOut: usize, gain: usize, unit: usize, ri: usize, dx: usize, rows: i32, D: i32): void {
  const whole = D & ~3;
  const part = D - whole;
  const end = <usize>whole << 2;
  for (let i = 0; i < rows; i++) {
    let sums = f32x4.splat(0.0);
    for (let o: usize = 0; o < end; o += 16)
      sums = fma(f32x4.mul(v128.load(dOut + o), v128.load(gain + o)), v128.load(unit + o), sums);
    if (part > 0)
      sums = fma(
        f32x4.mul(loadPart(dOut + end, part), loadPart(gain + end, part)), loadPart(unit + end, part), sums);
    const inverse = v128.load32_splat(ri + (<usize>i << 2));
    const mean = f32x4.splat(sum4(sums) / <f32>D);
    for (let o: usize = 0; o < end; o += 16) {
      const d = f32x4.mul(v128.load(dOut + o), v128.load(gain + o));
      const g = f32x4.sub(d, f32x4.mul(v128.load(unit + o), mean));
      v128.store(dx + o, fma(inverse, g, v128.load(dx + o)));
    }
    if (part > 0) {
      const d = f32x4.mul(loadPart(dOut + end, part), loadPart(gain + end, part));
      const g = f32x4.sub(d, f32x4.mul(loadPart(unit + end, part), mean));
      storePart(dx + end, fma(inverse, g, loadPart(dx + end, part)), part);
    }
    const step = <usize>D << 2;
    dOut += step;
    unit += step;
    dx += step;
  }
}

/** dGain += sum over rows of dOut unit (full-parameter training only). */
export function gainGradient(dOut: usize, unit: usize, dGain: usize, rows: i32, D: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let d = 0; d < D; d++) {
      const o = <usize>d << 2;
      store<f32>(dGain + o, load<f32>(dGain + o) + load<f32>(dOut + o) * load<f32>(unit + o));
    }
    dOut += <usize>D << 2;
    unit += <usize>D << 2;
  }
}

/**
 * Rotates dimension pairs (i, i + half) of `heads` heads in place: (a cos - b sin, b cos + a sin); sign -1 undoes it (backward).
 * Row i has position first + i % length. Tables [position, half].
 */
export function rope(
  x: usize, ld: i32, rows: i32, length: i32, first: i32, heads: i32, headDim: i32, cos: usize, sin: usize, sign: f32,
): void {
  const half = headDim >> 1;
  const whole = half & ~3;
  const signs = f32x4.splat(sign);
  for (let i = 0; i < rows; i++) {
    const table = <usize>((first + i % length) * half) << 2;
    for (let h = 0; h < heads; h++) {
      const low = x + (<usize>(i * ld + h * headDim) << 2);
      const high = low + (<usize>half << 2);
      for (let d = 0; d < half; d += 4) {
        const o = <usize>d << 2;
        const part = half - d;
        const full = d < whole;
        const c = full ? v128.load(cos + table + o) : loadPart(cos + table + o, part);
        const s = f32x4.mul(signs, full ? v128.load(sin + table + o) : loadPart(sin + table + o, part));
        const a = full ? v128.load(low + o) : loadPart(low + o, part);
        const b = full ? v128.load(high + o) : loadPart(high + o, part);
        const newLow = f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s));
        const newHigh = f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s));
        if (full) {
          v128.store(low + o, newLow);
          v128.store(high + o, newHigh);
        } else {
          storePart(low + o, newLow, part);
          storePart(high + o, newHigh, part);
        }
      }
    }
  }
}

/** h[i, f] = g sigmoid(g) u; `gu` holds rows [g (F), u (F)]. */
export function swigluForward(gu: usize, h: usize, rows: i32, F: i32): void {
  const row = <usize>F << 2;
  for (let i = 0; i < rows; i++) {
    for (let f = 0; f < F; f += 4) {
      const o = <usize>f << 2;
      const part = F - f;
      if (part >= 4) {
        const g = v128.load(gu + o);
        v128.store(h + o, f32x4.mul(f32x4.mul(g, sigmoid4(g)), v128.load(gu + row + o)));
      } else {
        const g = loadPart(gu + o, part);
        storePart(h + o, f32x4.mul(f32x4.mul(g, sigmoid4(g)), loadPart(gu + row + o, part)), part);
      }
    }
    gu += row << 1;
    h += row;
  }
}

/** Overwrites gu with [dg, du]: du = dh g s, dg = dh u s (1 + g (1 - s)), s = sigmoid(g). */
export function swigluBackward(gu: usize, dh: usize, rows: i32, F: i32): void {
  const row = <usize>F << 2;
  const one = f32x4.splat(1.0);
  for (let i = 0; i < rows; i++) {
    for (let f = 0; f < F; f += 4) {
      const o = <usize>f << 2;
      const part = F - f;
      const full = part >= 4;
      const g = full ? v128.load(gu + o) : loadPart(gu + o, part);
      const u = full ? v128.load(gu + row + o) : loadPart(gu + row + o, part);
      const d = full ? v128.load(dh + o) : loadPart(dh + o, part);
      const s = sigmoid4(g);
      const ds = f32x4.mul(d, s);
      const dg = f32x4.mul(f32x4.mul(ds, u), f32x4.add(one, f32x4.mul(g, f32x4.sub(one, s))));
      const du = f32x4.mul(ds, g);
      if (full) {
        v128.store(gu + o, dg);
        v128.store(gu + row + o, du);
      } else {
        storePart(gu + o, dg, part);
        storePart(gu + row + o, du, part);
      }
    }
    gu += row << 1;
    dh += row;
  }
}
