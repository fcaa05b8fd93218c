import { gemm, NR, pack } from './gemm';
import { exp4, fma, loadPart, storePart, sum4 } from './vector';

// Causal attention with grouped keys and values. Rows are tokens; q, k, v, o, dq, dk, dv are windows into wider rows (leading dimensions in
// floats). P [batch, heads, length, ldp] keeps the probabilities, zeros above the diagonal.

/** Rows handled together: columns past the block's last row are never computed, which skips almost half of the scores. Multiple of 4 and 6. */
const BLOCK: i32 = 24;

/** Scaled causal softmax of rows first .. first + rows - 1, in place; everything past the diagonal becomes 0. */
function causalSoftmax(p: usize, ldp: i32, first: i32, rows: i32, length: i32, scale: f32): void {
  const scales = f32x4.splat(scale);
  for (let i = first; i < first + rows; i++) {
    const row = p + (<usize>(i * ldp) << 2);
    const count = i + 1;
    let top: f32 = load<f32>(row);
    for (let j = 1; j < count; j++) top = max(top, load<f32>(row + (<usize>j << 2)));
    const shift = f32x4.splat(top * scale);
    let sum: f32 = 0;
    let sums = f32x4.splat(0.0);
    for (let j = 0; j < count; j += 4) {
      const o = row + (<usize>j << 2);
      const part = count - j;
      if (part >= 4) {
        const e = exp4(f32x4.sub(f32x4.mul(v128.load(o), scales), shift));
        sums = f32x4.add(sums, e);
        v128.store(o, e);
      } else {
        const e = exp4(f32x4.sub(f32x4.mul(loadPart(o, part), scales), shift));
        storePart(o, e, part);
        for (let d = 0; d < part; d++) sum += load<f32>(o + (<usize>d << 2));
      }
    }
    sum += sum4(sums);
    const by = f32x4.splat(1 / sum);
    for (let j = 0; j < count; j += 4) {
      const o = row + (<usize>j << 2);
      const part = count - j;
      if (part >= 4) v128.store(o, f32x4.mul(v128.load(o), by));
      else storePart(o, f32x4.mul(loadPart(o, part), by), part);
    }
    memory.fill(row + (<usize>count << 2), 0, <usize>(length - count) << 2);
  }
}

/** `scratch` holds two packed [max(length, headDim) + NR]^2-like blocks: 2 packedFloats(length, headDim). */
export function attentionForward(
  q: usize, k: usize, v: usize, ld: i32, o: usize, ldo: i32, p: usize, ldp: i32,
  batch: i32, length: i32, heads: i32, kvHeads: i32, headDim: i32, scratch: usize, scratchHalf: usize,
): void {
  const scale: f32 = 1 / sqrt<f32>(<f32>headDim);
  const group = heads / kvHeads;
  const keys = scratch;
  const values = scratch + scratchHalf;
  for (let b = 0; b < batch; b++) {
    const row = <usize>(b * length * ld) << 2;
    for (let kv = 0; kv < kvHeads; kv++) {
      const column = <usize>(kv * headDim) << 2;
      pack(k + row + column, 1, ld, headDim, length, keys);
      pack(v + row + column, ld, 1, length, headDim, values);
      for (let h = kv * group; h < (kv + 1) * group; h++) {
        const qh = q + row + (<usize>(h * headDim) << 2);
        const ph = p + (<usize>((b * heads + h) * length * ldp) << 2);
        const oh = o + (<usize>(b * length * ldo + h * headDim) << 2);
        for (let i = 0; i < length; i += BLOCK) {
          const rows = min(BLOCK, length - i);
          const pi = ph + (<usize>(i * ldp) << 2);
          gemm(rows, i + rows, headDim, qh + (<usize>(i * ld) << 2), ld, true, keys, headDim, pi, ldp, false);
          causalSoftmax(ph, ldp, i, rows, length, scale);
          gemm(rows, headDim, i + rows, pi, ldp, true, values, length, oh + (<usize>(i * ldo) << 2), ldo, false);
        }
      }
    }
  }
}

/** dP -> dS = P (dP - rowsum(P dP)) scale for one head, in place; zeros above the diagonal up to the block's end. */
function softmaxBackward(p: usize, dp: usize, ldp: i32, first: i32, rows: i32, length: i32, scale: f32): void {
  for (let i = first; i < first + rows; i++) {
    const at = <usize>(i * ldp) << 2;
    const count = i + 1;
    const whole = count & ~3;
    const part = count - whole;
    const end = <usize>whole << 2;
    let sums = f32x4.splat(0.0);
    for (let o: usize = 0; o < end; o += 16) sums = fma(v128.load(p + at + o), v128.load(dp + at + o), sums);
    if (part > 0) sums = fma(loadPart(p + at + end, part), loadPart(dp + at + end, part), sums);
    const dot = f32x4.splat(sum4(sums));
    const scales = f32x4.splat(scale);
    for (let o: usize = 0; o < end; o += 16) {
      const d = f32x4.sub(v128.load(dp + at + o), dot);
      v128.store(dp + at + o, f32x4.mul(f32x4.mul(v128.load(p + at + o), d), scales));
    }
    if (part > 0) {
      const d = f32x4.sub(loadPart(dp + at + end, part), dot);
      storePart(dp + at + end, f32x4.mul(f32x4.mul(loadPart(p + at + end, part), d), scales), part);
    }
    memory.fill(dp + at + (<usize>count << 2), 0, <usize>(length - count) << 2);
  }
}

/**
 * dq, dk, dv from dO. `dp` is one head's scratch [length, ldp]. A gradient whose pointer is 0 is not computed. The scratch is cut in four
 * packed blocks of `scratchHalf` bytes: V^T, K, dO, Q.
 */
export function attentionBackward(
  q: usize, k: usize, v: usize, ld: i32, dO: usize, ldo: i32, p: usize, dp: usize, ldp: i32,
  dq: usize, dk: usize, dv: usize,
  batch: i32, length: i32, heads: i32, kvHeads: i32, headDim: i32, scratch: usize, scratchHalf: usize,
): void {
  const scale: f32 = 1 / sqrt<f32>(<f32>headDim);
  const group = heads / kvHeads;
  const values = scratch;
  const keys = scratch + scratchHalf;
  const outs = keys + scratchHalf;
  const queries = outs + scratchHalf;
  for (let b = 0; b < batch; b++) {
    const row = <usize>(b * length * ld) << 2;
    for (let kv = 0; kv < kvHeads; kv++) {
      const column = row + (<usize>(kv * headDim) << 2);
      pack(v + column, 1, ld, headDim, length, values);
      pack(k + column, ld, 1, length, headDim, keys);
      for (let h = kv * group; h < (kv + 1) * group; h++) {
        const head = row + (<usize>(h * headDim) << 2);
        const ph = p + (<usize>((b * heads + h) * length * ldp) << 2);
        const dOh = dO + (<usize>(b * length * ldo + h * headDim) << 2);
        const later = h > kv * group;
        if (dv != 0) {
          pack(dOh, ldo, 1, length, headDim, outs);
          transposedProduct(ph, ldp, outs, length, headDim, dv + column, ld, later);
        }
        if (dq == 0 && dk == 0) continue;
        for (let i = 0; i < length; i += BLOCK) {
          const rows = min(BLOCK, length - i);
          const di = dp + (<usize>(i * ldp) << 2);
          gemm(rows, i + rows, headDim, dOh + (<usize>(i * ldo) << 2), ldo, true, values, headDim, di, ldp, false);
          softmaxBackward(ph, dp, ldp, i, rows, length, scale);
          if (dq != 0)
            gemm(rows, headDim, i + rows, di, ldp, true, keys, length, dq + head + (<usize>(i * ld) << 2), ld, false);
        }
        if (dk != 0) {
          pack(q + head, ld, 1, length, headDim, queries);
          transposedProduct(dp, ldp, queries, length, headDim, dk + column, ld, later);
        }
      }
    }
  }
}

/** C[length, headDim] (+)= L^T B for a lower triangular L [length, ldl]: rows above the block's first are zero and skipped. */
function transposedProduct(l: usize, ldl: i32, b: usize, length: i32, headDim: i32, c: usize, ldc: i32, add: bool): void {
  for (let j = 0; j < length; j += BLOCK) {
    const columns = min(BLOCK, length - j);
    const from = l + (<usize>(j * ldl + j) << 2);
    const bj = b + (<usize>(j * NR) << 2);
    gemm(columns, headDim, length - j, from, ldl, false, bj, length, c + (<usize>(j * ldc) << 2), ldc, add);
  }
}

/** One query row over `count` cached positions. Caches [position, kvHeads headDim]; scores is scratch [count]. */
export function attentionDecode(
  q: usize, keys: usize, values: usize, o: usize, scores: usize, count: i32, heads: i32, kvHeads: i32, headDim: i32,
): void {
  const group = heads / kvHeads;
  const ld = <usize>(kvHeads * headDim) << 2;
  const scale: f32 = 1 / sqrt<f32>(<f32>headDim);
  for (let h = 0; h < heads; h++) {
    const qh = q + (<usize>(h * headDim) << 2);
    const kh = keys + (<usize>((h / group) * headDim) << 2);
    const vh = values + (<usize>((h / group) * headDim) << 2);
    const oh = o + (<usize>(h * headDim) << 2);
    for (let j = 0; j < count; j++) {
      let dot: f32 = 0;
      for (let d = 0; d < headDim; d++)
        dot += load<f32>(qh + (<usize>d << 2)) * load<f32>(kh + <usize>j * ld + (<usize>d << 2));
      store<f32>(scores + (<usize>j << 2), dot);
    }
    causalSoftmax(scores - (<usize>((count - 1) * count) << 2), count, count - 1, 1, count, scale);
    memory.fill(oh, 0, <usize>headDim << 2);
    for (let j = 0; j < count; j++) {
      const weight = load<f32>(scores + (<usize>j << 2));
      for (let d = 0; d < headDim; d++) {
        const at = oh + (<usize>d << 2);
        store<f32>(at, load<f32>(at) + weight * load<f32>(vh + <usize>j * ld + (<usize>d << 2)));
      }
    }
  }
}
