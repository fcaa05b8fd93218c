import { describe, expect, it } from 'vitest';
import { hasRelaxedSimd } from '../host.ts';
import { engineModule } from './engine-module.ts';
import { FORMS, LANE_FORMS } from './turn-kernels.ts';

const MEMORY = { minPages: 1, maxPages: 65_536 } as const;
const FUNCTIONS = ['run_tiles', 'inner', 'overlap_lane_0', 'overlap_xy', 'weights', 'add_pauli', 'add_pauli_i'];

describe.each(['f32', 'f64'] as const)('module of the engine, %s', (precision) => {
  describe.each([false, true])('fused multiply-add %s', (fma) => {
    // Without relaxed SIMD in the host its opcodes are not valid; the engine does not ask for them there either.
    it.skipIf(fma && !hasRelaxedSimd()).each([false, true])('is valid WebAssembly, shared memory %s', (shared) => {
      const { bytes } = engineModule({ precision, fma }, { ...MEMORY, shared });
      expect(WebAssembly.validate(bytes)).toBe(true);
      const module = new WebAssembly.Module(bytes);
      expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
      const exported = WebAssembly.Module.exports(module)
        .filter(({ kind }) => kind === 'function')
        .map(({ name }) => name);
      expect(exported).toEqual(expect.arrayContaining(FUNCTIONS));
      expect(exported.includes('overlap_lane_1')).toBe(precision === 'f32');
    });
  });

  it('takes the memory that it was written for and no other', () => {
    const plain = new WebAssembly.Module(engineModule({ precision, fma: false }, { ...MEMORY, shared: false }).bytes);
    const shared = new WebAssembly.Module(engineModule({ precision, fma: false }, { ...MEMORY, shared: true }).bytes);
    const own = new WebAssembly.Memory({ initial: 1, maximum: 1000 });
    const common = new WebAssembly.Memory({ initial: 1, maximum: 1000, shared: true });
    expect(() => new WebAssembly.Instance(plain, { env: { memory: own } })).not.toThrow();
    expect(() => new WebAssembly.Instance(shared, { env: { memory: common } })).not.toThrow();
    expect(() => new WebAssembly.Instance(plain, { env: { memory: common } })).toThrow(WebAssembly.LinkError);
    expect(() => new WebAssembly.Instance(shared, { env: { memory: own } })).toThrow(WebAssembly.LinkError);
  });

  it('names a kernel of its own for everything that a pass may ask for', () => {
    const { kernels } = engineModule({ precision, fma: false }, { ...MEMORY, shared: false });
    const indices: number[] = [];
    for (const [rank, a] of FORMS.entries()) {
      indices.push(kernels.single(a));
      for (const b of FORMS.slice(rank))
        for (const table of [false, true])
          for (const crossed of [false, true]) indices.push(kernels.pair(a, b, { table, crossed }));
    }
    for (const a of LANE_FORMS)
      for (const b of precision === 'f32' ? LANE_FORMS : (['none'] as const))
        if (a !== 'none' || b !== 'none') indices.push(kernels.lanes(a, b));
    indices.push(kernels.twiddle(false), kernels.twiddle(true), kernels.phase, kernels.dense, kernels.dense2);
    indices.push(kernels.exchange, kernels.flip, kernels.laneExchange(0));
    if (precision === 'f32') indices.push(kernels.laneExchange(1), kernels.lanesExchange);
    expect(indices.length).toBeGreaterThan(50);
    expect(Math.min(...indices)).toBeGreaterThanOrEqual(0);
    expect(new Set(indices).size).toBe(indices.length);
  });
});

describe('relaxed SIMD', () => {
  it('is used by the fused kernels alone', () => {
    const size = (fma: boolean): number =>
      engineModule({ precision: 'f32', fma }, { ...MEMORY, shared: false }).bytes.length;
    // A product and a sum are two instructions, fused they are one.
    expect(size(true)).toBeLessThan(size(false));
    const plain = engineModule({ precision: 'f32', fma: false }, { ...MEMORY, shared: false });
    expect(WebAssembly.validate(plain.bytes)).toBe(true);
    const fused = engineModule({ precision: 'f32', fma: true }, { ...MEMORY, shared: false });
    expect(WebAssembly.validate(fused.bytes)).toBe(hasRelaxedSimd());
  });
});
