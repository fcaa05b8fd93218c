/**
 * One Adam step (Kingma, Ba 2015, algorithm 1) over `count` parameters, in place; the gradient is cleared for the next step.
 * `rate` already holds lr sqrt(1 - beta2^t) / (1 - beta1^t); `gradientScale` is the global clip. Reads and writes whole vectors of 4.
 */
export function adam(
  w: usize, g: usize, m: usize, v: usize, count: i32, rate: f32, beta1: f32, beta2: f32, eps: f32,
  gradientScale: f32,
): void {
  const b1 = f32x4.splat(beta1), b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(1 - beta1), c2 = f32x4.splat(1 - beta2);
  const scales = f32x4.splat(gradientScale);
  const small = f32x4.splat(eps), rates = f32x4.splat(rate);
  for (let i = 0; i < count; i += 4) {
    const o = <usize>i << 2;
    const gi = f32x4.mul(v128.load(g + o), scales);
    const mi = f32x4.add(f32x4.mul(b1, v128.load(m + o)), f32x4.mul(c1, gi));
    const vi = f32x4.add(f32x4.mul(b2, v128.load(v + o)), f32x4.mul(c2, f32x4.mul(gi, gi)));
    v128.store(m + o, mi);
    v128.store(v + o, vi);
    const step = f32x4.div(f32x4.mul(rates, mi), f32x4.add(f32x4.sqrt(vi), small));
    v128.store(w + o, f32x4.sub(v128.load(w + o), step));
    v128.store(g + o, f32x4.splat(0.0));
  }
}

/** Adds dx rows to the gradient rows of their tokens. */
export function embedGradient(tokens: usize, count: i32, dx: usize, D: i32, gradient: usize): void {
  for (let i = 0; i < count; i++) {
    const row = gradient + ((<usize>load<i32>(tokens + (<usize>i << 2)) * D) << 2);
    for (let d = 0; d < D; d++) {
      const o = <usize>d << 2;
      store<f32>(row + o, load<f32>(row + o) + load<f32>(dx + o));
    }
    dx += <usize>D << 2;
  }
}
