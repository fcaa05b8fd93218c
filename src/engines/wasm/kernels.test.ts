import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelsModule } from '../../../tests/wasm-module.ts';
import { closeness, norm } from '../../core/learn/testing/compare.ts';
import { randomValues } from '../../core/learn/testing/random-model.ts';
import { unwrap } from '../../core/lib/result.ts';
import { Heap, packedFloats, Plan } from './kernels.ts';

const heap = new Heap(kernelsModule());
const { kernels } = heap;

/** Places values in fresh memory, one array after the other. */
function place(...arrays: readonly Float32Array[]): number[] {
  const plan = new Plan();
  const places = arrays.map((values) => plan.floats(values.length));
  unwrap(heap.grow(plan.end, 'a test'));
  for (const [i, values] of arrays.entries()) heap.f32(places[i]!, values.length).set(values);
  return places;
}

describe('gemm', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const depth = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(255, 256, 257, 513));

  it('multiplies like three loops, by rows and by columns, overwriting and adding, writing nothing else', () => {
    fc.assert(
      fc.property(
        side,
        side,
        depth,
        fc.boolean(),
        fc.boolean(),
        fc.nat(5),
        fc.nat(),
        (m, n, k, byRows, add, pad, seed) => {
          const lda = (byRows ? k : m) + pad;
          const ldc = n + pad;
          const a = randomValues(lda * (byRows ? m : k), seed, 1);
          const b = randomValues(k * n, seed + 1, 1);
          const c = randomValues(m * ldc, seed + 2, 1);
          const packed = new Float32Array(packedFloats(kernels, k, n)).fill(Number.NaN);
          const [pa, pb, pc, pp] = place(a, b, c, packed) as [number, number, number, number];
          kernels.pack(pb, n, 1, k, n, pp);
          kernels.gemm(m, n, k, pa, lda, Number(byRows), pp, k, pc, ldc, Number(add));
          const expected = Float64Array.from(c);
          for (let i = 0; i < m; i++) {
            for (let j = 0; j < n; j++) {
              let sum = add ? c[i * ldc + j]! : 0;
              for (let q = 0; q < k; q++) sum += a[byRows ? i * lda + q : q * lda + i]! * b[q * n + j]!;
              expected[i * ldc + j] = sum;
            }
          }
          const got = heap.f32(pc, c.length);
          const difference = norm(expected.map((value, i) => value - got[i]!));
          expect(closeness('product', difference, 1e-6 * Math.sqrt(k) * norm(expected) + 1e-6)).toBe('close');
          const outside = (values: Float32Array): Float32Array => values.filter((_, i) => i % ldc >= n);
          expect(outside(got)).toEqual(outside(c));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('multiplies a single row the same way', () => {
    fc.assert(
      fc.property(side, depth, fc.nat(), (n, k, seed) => {
        const packed = new Float32Array(packedFloats(kernels, k, n));
        const arrays = [
          randomValues(k, seed),
          randomValues(k * n, seed + 1),
          new Float32Array(n),
          new Float32Array(n),
          packed,
        ];
        const [x, b, one, other, pp] = place(...arrays) as [number, number, number, number, number];
        kernels.pack(b, n, 1, k, n, pp);
        kernels.gemm(1, n, k, x, k, 1, pp, k, one, n, 0);
        kernels.gemv(n, k, x, pp, other, 0);
        const expected = heap.f32(one, n);
        const difference = norm(heap.f32(other, n).map((value, i) => value - expected[i]!));
        expect(closeness('row', difference, 1e-6 * norm(arrays[0]!) * norm(arrays[1]!) + 1e-7)).toBe('close');
      }),
    );
  });
});

describe('crossEntropy', () => {
  const run = (logits: readonly number[], target: number): { loss: number; hit: number; gradient: Float32Array } => {
    const values = Float32Array.from(logits);
    const [at, goal, loss, hit] = place(values, new Float32Array(1), new Float32Array(2), new Float32Array(1)) as [
      number,
      number,
      number,
      number,
    ];
    heap.i32(goal, 1)[0] = target;
    kernels.crossEntropy(at, goal, 1, logits.length, loss, hit, 1);
    return { loss: heap.f64(loss, 1)[0]!, hit: heap.i32(hit, 1)[0]!, gradient: heap.f32(at, logits.length).slice() };
  };

  it('is log n for n equal logits, and only the first counts as the largest', () => {
    for (const n of [1, 2, 3, 4, 5, 17]) {
      const logits = Array.from({ length: n }, () => -3);
      expect(run(logits, n - 1).loss).toBeCloseTo(Math.log(n), 6);
      expect(run(logits, 0).hit).toBe(1);
      expect(run(logits, n - 1).hit).toBe(n === 1 ? 1 : 0);
    }
  });

  it('survives logits of +-1e4 and reports those that are not numbers', () => {
    const { loss, gradient } = run([1e4, -1e4, 0, 1e4, 5], 1);
    expect(loss).toBeCloseTo(2e4 + Math.log(2), 2);
    expect([...gradient].map((g) => Math.round(g * 1e6) / 1e6)).toEqual([0.5, -1, 0, 0.5, 0]);
    for (const place of [0, 3, 4]) {
      const logits = [1, 2, 3, 4, 5];
      logits[place] = Number.NaN;
      expect(run(logits, 1)).toMatchObject({ loss: Number.NaN, hit: 0 });
    }
  });

  it('agrees with float64 on random rows', () => {
    const finite = fc.float({ min: -60, max: 60, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 40 }), fc.nat(), (logits, pick) => {
        const target = pick % logits.length;
        const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
        const { loss, gradient } = run(logits, target);
        const expected = Math.log(total) - logits[target]!;
        expect(closeness('loss', Math.abs(loss - expected), 1e-6 * Math.max(1, Math.abs(expected)))).toBe('close');
        const difference = logits.map((value, i) => Math.exp(value) / total - (i === target ? 1 : 0) - gradient[i]!);
        expect(closeness('gradient', norm(difference), 2e-6)).toBe('close');
      }),
    );
  });
});
