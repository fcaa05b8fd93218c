import { BLOCK_BYTES, OP, SCRATCH } from '../layout.ts';
import { Kernel, type Complex } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import type { FunctionCode } from './module-writer.ts';

/** Loads two f64 and spreads them over the lanes in the engine's precision. */
export function splatF64(k: Kernel, into: Complex, address: () => void, offset: number): void {
  const { body } = k;
  for (const [local, at] of [
    [into.re, offset],
    [into.im, offset + 8],
  ] as const)
    body.set(local, k.splatOf(body.load('f64.load', address, at)));
}

/** out_factors (run-tiles.ts) is the first function of the module, so that kernels can call it. */
export const OUT_FACTORS = 0;

/**
 * Multiplies the half where one qubit is 1 by a product of phases that depend on the other bits:
 * low table (one complex vector a unit of a block) x block factor (two f64) x factor of the tile.
 * The low vectors are at op.table; pointers lead to the FACTOR of the tile bits and to (f64, f64) a block.
 * On a unit bit the other half is skipped; on a lane the mask in coefficient 0 chooses the lanes.
 */
export function twiddleKernel(onLane: boolean, options: LaneOptions): FunctionCode {
  const k = new Kernel(onLane ? 'twiddle_lane' : 'twiddle', options);
  const { lanes: v, body } = k;
  const stride = k.field(OP.strideA);
  body.call(OUT_FACTORS, k.field(OP.factor), 0, 0, k.tile, k.scratch)();
  const blocks = k.field(OP.blocks);
  const [tileFactor, blockFactor, low, value] = [k.complex(), k.complex(), k.complex(), k.complex()];
  splatF64(k, tileFactor, () => body.push(k.scratch), SCRATCH.factor);
  const at = k.i32();
  const mask = onLane ? k.coefficient(0) : null;
  // Bits of the stride are 1 in every address: the walk skips the bit and the address sets it.
  k.overTile(
    stride,
    (block) => {
      // A block is 1024 bytes, its factor 16.
      const whole = body.op('i32.or', block, body.op('i32.and', stride, -BLOCK_BYTES));
      const entry = k.i32(body.op('i32.add', blocks, body.op('i32.shr_u', whole, 6)));
      splatF64(k, blockFactor, () => body.push(entry), 0);
      const both = k.times(blockFactor, tileFactor);
      body.set(blockFactor.re, both.re);
      body.set(blockFactor.im, both.im);
    },
    (unit, offset) => {
      const inBlock = body.op('i32.or', offset, body.op('i32.and', stride, BLOCK_BYTES - 1));
      k.load(low, body.op('i32.add', k.op, inBlock), OP.table);
      const factor = k.times(low, blockFactor);
      body.set(at, body.op('i32.add', unit, stride));
      k.load(value, at);
      const product = k.times(value, factor);
      if (mask !== null) {
        body.set(product.re, body.op('v128.bitselect', product.re, value.re, mask));
        body.set(product.im, body.op('v128.bitselect', product.im, value.im, mask));
      }
      k.store(at, product);
      v.lanes satisfies 2 | 4;
    },
  );
  return k.finish();
}

/**
 * Multiplies where bits have given values (holes, origin, outMask, outValue) by the complex vector in coefficients 0 and
 * 1, which is 1 in lanes that do not match.
 */
export function phaseKernel(options: LaneOptions): FunctionCode {
  const k = new Kernel('phase', options);
  const { body } = k;
  returnUnlessTile(k);
  const origin = k.field(OP.origin);
  const factor: Complex = { re: k.coefficient(0), im: k.coefficient(1) };
  const value = k.complex();
  const at = k.i32();
  k.overTile(
    k.field(OP.holes),
    () => undefined,
    (unit) => {
      body.set(at, body.op('i32.add', unit, origin));
      k.load(value, at);
      k.store(at, k.times(value, factor));
    },
  );
  return k.finish();
}

/** Nothing to do in tiles whose number does not match. */
export function returnUnlessTile(k: Kernel): void {
  const { body } = k;
  const differs = body.op('i32.and', body.op('i32.xor', k.tile, k.field(OP.outValue)), k.field(OP.outMask));
  body.when(differs, () => body.returns());
}
