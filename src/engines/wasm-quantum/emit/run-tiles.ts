import { FACTOR, OP, OUT_ENTRY, PASS, RUN_ENTRY, SCRATCH, UNIT_BYTES } from '../layout.ts';
import { Body, type Local } from './body.ts';
import { OUT_FACTORS, splatF64 } from './diagonal-kernels.ts';
import { Kernel, type Complex } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import { TYPE, type FunctionCode } from './module-writer.ts';

/** Positions in the module, given to the functions that call the others. */
export interface TileFunctions {
  readonly source: number;
  readonly gather: number;
  readonly scatter: number;
  readonly sink: number;
  /** Type index of the kernels. */
  readonly kernelType: number;
}

/** Parameters of the functions that move tiles: pass, address of the first run in the state, scratch, tile number. */
const MOVE_PARAMS = [TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32] as const;

class Mover extends Kernel {
  readonly pass: Local;
  readonly state: Local;

  constructor(name: string, options: LaneOptions) {
    super(name, options);
    this.pass = this.op;
    this.state = this.base;
  }

  /** Visits runs: `tileAt` walks through scratch, `stateAt` through the state by subsets of the run mask. */
  overRuns(tileStart: () => void, stateStart: Local, run: (tileAt: Local, stateAt: Local) => void): void {
    const { body } = this;
    const runBytes = this.field(PASS.runBytes);
    const runMask = this.field(PASS.runMask);
    const offset = this.i32(0);
    const tileAt = this.i32();
    body.push(tileStart);
    body.setTop(tileAt);
    const end = this.i32(body.op('i32.add', tileAt, this.field(PASS.tileBytes)));
    const stateAt = this.i32();
    body.doWhile(
      () => {
        body.set(stateAt, body.op('i32.add', stateStart, offset));
        run(tileAt, stateAt);
        body.set(tileAt, body.op('i32.add', tileAt, runBytes));
        // Next subset of the mask.
        body.set(offset, body.op('i32.and', body.op('i32.sub', offset, runMask), runMask));
      },
      () => body.op('i32.lt_u', tileAt, end),
    );
  }

  /** Visits the units of one run. */
  overUnits(unit: (offset: Local) => void): void {
    const { body } = this;
    const runBytes = this.field(PASS.runBytes);
    const offset = this.i32(0);
    body.set(offset, 0);
    body.doWhile(
      () => {
        unit(offset);
        body.set(offset, body.op('i32.add', offset, UNIT_BYTES));
      },
      () => body.op('i32.lt_u', offset, runBytes),
    );
  }
}

/** The kernel signature is (op, base, bytes, tile, scratch); movers read it as (pass, state, -, tile, scratch). */
const scratchTile = (m: Mover): (() => void) => m.body.op('i32.add', m.scratch, SCRATCH.tile);

/** Copies the runs of a tile into scratch. */
export function gatherFunction(options: LaneOptions): FunctionCode {
  const m = new Mover('gather', options);
  const value = m.complex();
  m.overRuns(scratchTile(m), m.state, (tileAt, stateAt) => {
    m.overUnits((offset) => {
      m.load(value, m.body.op('i32.add', stateAt, offset));
      m.store(m.body.op('i32.add', tileAt, offset), value);
    });
  });
  return m.finish();
}

/** Writes a tile (at `bytes`, the third parameter) back, times the real factor of the pass. */
export function scatterFunction(options: LaneOptions): FunctionCode {
  const m = new Mover('scatter', options);
  const { body, lanes: v } = m;
  const scale = m.vector(v.load(m.pass, PASS.scale));
  const value = m.complex();
  m.overRuns(
    () => body.push(m.bytes),
    m.state,
    (tileAt, stateAt) => {
      m.overUnits((offset) => {
        m.load(value, body.op('i32.add', tileAt, offset));
        body.set(value.re, v.mul(value.re, scale));
        body.set(value.im, v.mul(value.im, scale));
        m.store(body.op('i32.add', stateAt, offset), value);
      });
    },
  );
  return m.finish();
}

/**
 * Factor and sign patterns of a tile number (FACTOR.out): leaves two f64, the mask of runs whose parity flips the sign,
 * and the offset of the low pattern in scratch.
 */
export function outFactorsFunction(options: LaneOptions): FunctionCode {
  const k = new Kernel('out_factors', options);
  const { body } = k;
  const f64 = (value: number): Local => {
    const local = body.local(TYPE.f64);
    body.set(local, body.f64(value));
    return local;
  };
  const [re, im, next, fr, fi] = [f64(1), f64(0), f64(0), f64(0), f64(0)];
  const [rest, left, entry, run, low] = [
    k.i32(k.tile),
    k.i32(k.field(FACTOR.outEntries)),
    k.i32(k.field(FACTOR.out)),
    k.i32(0),
    k.i32(0),
  ];
  const take = (offset: number): void => {
    body.set(fr, body.load('f64.load', entry, offset));
    body.set(fi, body.load('f64.load', entry, offset + 8));
  };
  body.whileTrue(
    () => left,
    () => {
      body.when(
        body.op('i32.and', rest, 1),
        () => {
          take(OUT_ENTRY.one);
          const flips = body.op('i32.and', k.tile, body.load('i32.load', entry, OUT_ENTRY.outMask));
          body.when(body.op('i32.and', body.op('i32.popcnt', flips), 1), () => {
            body.set(fr, body.op('f64.neg', fr));
            body.set(fi, body.op('f64.neg', fi));
          });
          body.set(run, body.op('i32.xor', run, body.load('i32.load', entry, OUT_ENTRY.runMask)));
          body.set(low, body.op('i32.xor', low, body.load('i32.load', entry, OUT_ENTRY.low)));
        },
        () => take(OUT_ENTRY.zero),
      );
      body.set(next, body.op('f64.sub', body.op('f64.mul', re, fr), body.op('f64.mul', im, fi)));
      body.set(im, body.op('f64.add', body.op('f64.mul', re, fi), body.op('f64.mul', im, fr)));
      body.set(re, next);
      body.set(entry, body.op('i32.add', entry, OUT_ENTRY.bytes));
      body.set(rest, body.op('i32.shr_u', rest, 1));
      body.set(left, body.op('i32.sub', left, 1));
    },
  );
  body.store('f64.store', k.scratch, re, SCRATCH.factor);
  body.store('f64.store', k.scratch, im, SCRATCH.factor + 8);
  body.store('i32.store', k.scratch, run, SCRATCH.outRun);
  body.store('i32.store', k.scratch, low, SCRATCH.outLow);
  return k.finish();
}

/** Per run: its factor as splat vectors and the address of its low vectors. */
function runFactors(
  m: Mover,
  table: number,
): { readonly next: () => void; readonly factor: Complex; readonly low: Local } {
  const { body } = m;
  const factors = m.field(table);
  const read = (offset: number): Local => m.i32(body.load('i32.load', factors, offset));
  const [lowTable, patternBytes, entry] = [read(FACTOR.low), read(FACTOR.patternBytes), read(FACTOR.run)];
  const outRun = m.i32(body.load('i32.load', m.scratch, SCRATCH.outRun));
  const outLow = m.i32(body.load('i32.load', m.scratch, SCRATCH.outLow));
  const [tileFactor, runFactor, factor] = [m.complex(), m.complex(), m.complex()];
  splatF64(m, tileFactor, () => body.push(m.scratch), SCRATCH.factor);
  const [index, low] = [m.i32(0), m.i32()];
  const sign = m.vector();
  return {
    factor,
    low,
    next: () => {
      splatF64(m, runFactor, () => body.push(entry), RUN_ENTRY.re);
      body.set(sign, m.signOf(body.op('i32.and', index, outRun)));
      const product = m.times(runFactor, tileFactor);
      body.set(factor.re, m.lanes.xor(product.re, sign));
      body.set(factor.im, m.lanes.xor(product.im, sign));
      const pattern = body.op('i32.xor', body.load('i32.load', entry, RUN_ENTRY.low), outLow);
      body.set(low, body.op('i32.add', lowTable, body.op('i32.mul', pattern, patternBytes)));
      body.set(entry, body.op('i32.add', entry, RUN_ENTRY.bytes));
      body.set(index, body.op('i32.add', index, 1));
    },
  };
}

/**
 * Writes a product state into the tile: high factor times low vectors. The second parameter says where the tile lies,
 * the third where in the state it starts.
 */
export function sourceFunction(options: LaneOptions): FunctionCode {
  const m = new Mover('source', options);
  const { body } = m;
  const [high, low, shift] = [m.field(PASS.startHigh), m.field(PASS.startLow), m.field(PASS.startShift)];
  const inside = m.i32(body.op('i32.sub', body.op('i32.shl', 1, shift), 1));
  const [factor, vector] = [m.complex(), m.complex()];
  const [entry, from] = [m.i32(), m.i32()];
  m.overRuns(
    () => body.push(m.base),
    m.bytes,
    (tileAt, stateAt) => {
      body.set(entry, body.op('i32.add', high, body.op('i32.shl', body.op('i32.shr_u', stateAt, shift), 4)));
      splatF64(m, factor, () => body.push(entry), 0);
      body.set(from, body.op('i32.add', low, body.op('i32.and', stateAt, inside)));
      m.overUnits((offset) => {
        m.load(vector, body.op('i32.add', from, offset));
        m.store(body.op('i32.add', tileAt, offset), m.times(vector, factor));
      });
    },
  );
  return m.finish();
}

/** Writes a tile (at `bytes`, the third parameter) back to the state, times the pending diagonal of PASS.endFactor. */
export function sinkFunction(options: LaneOptions): FunctionCode {
  const m = new Mover('sink', options);
  const { body } = m;
  const runs = runFactors(m, PASS.endFactor);
  const [low, value] = [m.complex(), m.complex()];
  m.overRuns(
    () => body.push(m.bytes),
    m.state,
    (tileAt, stateAt) => {
      runs.next();
      m.overUnits((offset) => {
        m.load(low, body.op('i32.add', runs.low, offset));
        m.load(value, body.op('i32.add', tileAt, offset));
        const factor = m.times(low, runs.factor);
        m.store(body.op('i32.add', stateAt, offset), m.times(value, factor));
      });
    },
  );
  return m.finish();
}

/**
 * run_tiles(pass, state, first, last, scratch): the tiles [first, last) of one pass. The number of a tile, spread over
 * the bits of PASS.tileMask, is where it starts.
 */
export function runTilesFunction(calls: TileFunctions): FunctionCode {
  const body = new Body('run_tiles', [...MOVE_PARAMS, TYPE.i32]);
  const [pass, state, first, last, scratch] = [0, 1, 2, 3, 4].map((i) => body.param(i)) as [
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  const i32 = (): Local => body.local(TYPE.i32);
  const field = (offset: number): Local => {
    const local = i32();
    body.set(local, body.load('i32.load', pass, offset));
    return local;
  };
  const [count, firstOp, gather, source, sink] = [
    PASS.operations,
    PASS.firstOperation,
    PASS.gather,
    PASS.source,
    PASS.sink,
  ].map(field) as [Local, Local, Local, Local, Local];
  const [tileBytes, tileMask] = [field(PASS.tileBytes), field(PASS.tileMask)];
  const [tile, offset, runs, at, left, op, rest, bit] = [i32(), i32(), i32(), i32(), i32(), i32(), i32(), i32()];
  // Spreads the first tile number over the mask, lowest bit first.
  body.set(offset, 0);
  body.set(rest, first);
  body.set(bit, tileMask);
  body.whileTrue(
    () => rest,
    () => {
      const lowest = body.op('i32.and', bit, body.op('i32.sub', 0, bit));
      body.when(body.op('i32.and', rest, 1), () => body.set(offset, body.op('i32.or', offset, lowest)));
      body.set(bit, body.op('i32.and', bit, body.op('i32.sub', bit, 1)));
      body.set(rest, body.op('i32.shr_u', rest, 1));
    },
  );
  body.set(tile, first);
  body.whileTrue(
    () => body.op('i32.lt_u', tile, last),
    () => {
      body.set(runs, body.op('i32.add', state, offset));
      body.set(at, body.select(body.op('i32.add', scratch, SCRATCH.tile), runs, gather));
      body.when(
        source,
        () => {
          body.call(calls.source, pass, at, offset, tile, scratch)();
        },
        () => body.when(gather, body.call(calls.gather, pass, runs, 0, tile, scratch)),
      );
      body.set(op, firstOp);
      body.set(left, count);
      body.whileTrue(
        () => left,
        () => {
          body.callIndirect(calls.kernelType, body.load('i32.load', op, OP.kernel), op, at, tileBytes, tile, scratch);
          body.set(op, body.op('i32.add', op, body.load('i32.load', op, OP.size)));
          body.set(left, body.op('i32.sub', left, 1));
        },
      );
      body.when(body.op('i32.eq', sink, 2), () => {
        body.call(OUT_FACTORS, body.load('i32.load', pass, PASS.endFactor), 0, 0, tile, scratch)();
        body.call(calls.sink, pass, runs, at, tile, scratch)();
      });
      body.when(body.op('i32.eq', sink, 1), body.call(calls.scatter, pass, runs, at, tile, scratch));
      body.set(offset, body.op('i32.and', body.op('i32.sub', offset, tileMask), tileMask));
      body.set(tile, body.op('i32.add', tile, 1));
    },
  );
  return body.finish(true);
}
