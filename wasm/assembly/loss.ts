import { exp4, loadPart, max4, storePart, sum4 } from './vector';

/**
 * Cross-entropy of `rows` rows of V logits. losses[i] (f64) = logsumexp - logit[target]; hits[i] (i32) = 1 when the target is the first largest.
 * With `scale` > 0 the logits become scale (softmax - onehot), in place. Subtracting the maximum keeps +-1e4 finite; NaN stays NaN.
 */
export function crossEntropy(
  logits: usize, targets: usize, rows: i32, V: i32, losses: usize, hits: usize, scale: f32,
): void {
  const whole = V & ~3;
  const part = V - whole;
  const end = <usize>whole << 2;
  for (let i = 0; i < rows; i++) {
    const target = load<i32>(targets + (<usize>i << 2));
    const targetAt = logits + (<usize>target << 2);
    const targetLogit = load<f32>(targetAt);
    let tops = f32x4.splat(targetLogit);
    for (let o: usize = 0; o < end; o += 16) tops = f32x4.max(tops, v128.load(logits + o));
    let top = max4(tops);
    for (let d = whole; d < V; d++) top = max(top, load<f32>(logits + (<usize>d << 2)));
    store<i32>(hits + (<usize>i << 2), targetLogit == top && isFirst(logits, target, top) ? 1 : 0);
    const shift = f32x4.splat(top);
    let sums = f32x4.splat(0.0);
    for (let o: usize = 0; o < end; o += 16) {
      const e = exp4(f32x4.sub(v128.load(logits + o), shift));
      sums = f32x4.add(sums, e);
      v128.store(logits + o, e);
    }
    let sum = sum4(sums);
    if (part > 0) {
      const e = exp4(f32x4.sub(loadPart(logits + end, part), shift));
      storePart(logits + end, e, part);
      for (let d = whole; d < V; d++) sum += load<f32>(logits + (<usize>d << 2));
    }
    store<f64>(losses + (<usize>i << 3), Math.log(<f64>sum) + (<f64>top - <f64>targetLogit));
    if (scale > 0) {
      const by = f32x4.splat(scale / sum);
      for (let o: usize = 0; o < end; o += 16) v128.store(logits + o, f32x4.mul(v128.load(logits + o), by));
      for (let d = whole; d < V; d++) {
        const o = logits + (<usize>d << 2);
        store<f32>(o, load<f32>(o) * (scale / sum));
      }
      store<f32>(targetAt, load<f32>(targetAt) - scale);
    }
    logits += <usize>V << 2;
  }
}

function isFirst(logits: usize, target: i32, top: f32): bool {
  for (let d = 0; d < target; d++) if (load<f32>(logits + (<usize>d << 2)) == top) return false;
  return true;
}
