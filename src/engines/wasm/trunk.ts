import { at } from '../../core/lib/assert.ts';
import type { EngineLimits } from '../../core/learn/llama-check.ts';
import type { Base, PackedLayer } from './base.ts';
import type { Group } from './groups.ts';
import { type Heap, packedFloats, type Plan, type Pointer } from './kernels.ts';

/** One batch on its way through the model. rows = batch x length. */
export interface Pass {
  readonly batch: number;
  readonly length: number;
  readonly rows: number;
}

/** What is trained on top of (or instead of) the frozen maps. Rows of `input` have group.dIn floats, of `output` group.dOut. */
export interface Trainable {
  /** Gradients below this stage of layer 0 are never asked for; -1 goes down to the embedding. */
  readonly lowestStage: number;
  /** Which of dq, dk, dv layer 0 must deliver. */
  readonly lowestNames: readonly string[];
  forward(layer: number, group: Group, input: Pointer, output: Pointer, rows: number): void;
  /** `dInput` 0: nobody needs it. */
  backward(layer: number, group: Group, input: Pointer, dOutput: Pointer, dInput: Pointer, pass: Pass): void;
  /** Full-parameter training also wants these. `gain` is the place of the gains of the frozen base. */
  norm?(gain: Pointer, dOut: Pointer, unit: Pointer, rows: number): void;
  head?(dLogits: Pointer, input: Pointer, rows: number): void;
}

interface LayerBuffers {
  readonly unit1: Pointer;
  readonly ri1: Pointer;
  readonly in1: Pointer;
  readonly qkv: Pointer;
  readonly p: Pointer;
  readonly o: Pointer;
  readonly unit2: Pointer;
  readonly ri2: Pointer;
  readonly in2: Pointer;
  readonly gu: Pointer;
  readonly h: Pointer;
}

/** Logits are made and consumed in chunks of rows: 1 MiB at a time, so a vocabulary of 32,000 needs no 65 MB buffer. */
const LOGITS_FLOATS = 2 ** 18;
/** Below this the head would be read from memory too often per multiplication. */
const CHUNK_ROWS_MIN = 48;

/** Forward and backward pass over a frozen base (reference: Touvron et al. 2023; backward by hand). Buffers are planned once. */
export class Trunk {
  readonly tokens: Pointer;
  readonly targets: Pointer;
  readonly losses: Pointer;
  readonly hits: Pointer;
  /** Gradient of the residual stream. */
  readonly dx: Pointer;
  readonly #heap: Heap;
  readonly #base: Base;
  readonly #layers: readonly LayerBuffers[];
  readonly #x: Pointer;
  readonly #unit: Pointer;
  readonly #ri: Pointer;
  readonly #in: Pointer;
  readonly #dIn: Pointer;
  readonly #dQkv: Pointer;
  readonly #dO: Pointer;
  readonly #dH: Pointer;
  readonly #dP: Pointer;
  readonly #scratch: Pointer;
  readonly #scratchHalf: number;
  readonly #logits: Pointer;
  readonly #chunkRows: number;

  /** `keepInputs`: also keep every linear map's input for weight gradients. */
  constructor(heap: Heap, base: Base, limits: EngineLimits, plan: Plan, keepInputs: boolean) {
    const { config, groups } = base;
    const n = limits.batchMax * limits.lengthMax;
    const d = config.hiddenSize;
    const attention = groups.o.dIn;
    this.#heap = heap;
    this.#base = base;
    const shared = (floats: number): (() => Pointer) => {
      if (keepInputs) return () => plan.floats(floats);
      const one = plan.floats(floats);
      return () => one;
    };
    const [in1, o, in2, h] = [shared(n * d), shared(n * attention), shared(n * d), shared(n * config.intermediateSize)];
    const ldp = roundUp4(limits.lengthMax);
    this.#layers = base.layers.map(() => ({
      unit1: plan.floats(n * d),
      ri1: plan.floats(n),
      in1: in1(),
      qkv: plan.floats(n * groups.qkv.dOut),
      p: plan.floats(n * config.heads * ldp),
      o: o(),
      unit2: plan.floats(n * d),
      ri2: plan.floats(n),
      in2: in2(),
      gu: plan.floats(n * groups.gateUp.dOut),
      h: h(),
    }));
    this.tokens = plan.floats(n);
    this.targets = plan.floats(n);
    this.losses = plan.bytes(8 * n);
    this.hits = plan.floats(n);
    this.#x = plan.floats(n * d);
    this.#unit = plan.floats(n * d);
    this.#ri = plan.floats(n);
    this.#in = plan.floats(n * d);
    this.dx = plan.floats(n * d);
    this.#dIn = plan.floats(n * d);
    this.#dQkv = plan.floats(n * groups.qkv.dOut);
    this.#dO = plan.floats(n * attention);
    this.#dH = plan.floats(n * config.intermediateSize);
    this.#dP = plan.floats(limits.lengthMax * ldp);
    const length = limits.lengthMax;
    this.#scratchHalf =
      4 *
      Math.max(packedFloats(heap.kernels, length, config.headDim), packedFloats(heap.kernels, config.headDim, length));
    this.#scratch = plan.bytes(4 * this.#scratchHalf);
    this.#chunkRows = Math.min(n, Math.max(CHUNK_ROWS_MIN, Math.floor(LOGITS_FLOATS / config.vocabSize / 12) * 12));
    this.#logits = plan.floats(this.#chunkRows * config.vocabSize);
  }

  /** Inputs are columns 0 .. length-1 of each row of `tokens`, targets columns 1 .. length. */
  load(tokens: Int32Array, batch: number, length: number): Pass {
    const inputs = this.#heap.i32(this.tokens, batch * length);
    const targets = this.#heap.i32(this.targets, batch * length);
    for (let b = 0; b < batch; b++) {
      const row = b * (length + 1);
      inputs.set(tokens.subarray(row, row + length), b * length);
      targets.set(tokens.subarray(row + 1, row + length + 1), b * length);
    }
    return { batch, length, rows: batch * length };
  }

  forward(pass: Pass, trainable: Trainable | undefined): void {
    const { kernels } = this.#heap;
    const { config, embedding, head, cos, sin, groups } = this.#base;
    const { rows, batch, length } = pass;
    const d = config.hiddenSize;
    const columns = embedding === undefined ? kernels.panelColumns() : 0;
    kernels.embed(this.tokens, rows, this.#x, d, embedding ?? head.forward, columns);
    for (const [i, layer] of this.#base.layers.entries()) {
      const buffers = at(this.#layers, i);
      kernels.rmsForward(this.#x, layer.inputNorm, buffers.unit1, buffers.in1, buffers.ri1, rows, d, config.rmsEps);
      this.#linear(i, layer, groups.qkv, buffers.in1, buffers.qkv, rows, 0, trainable);
      const { q, k, v, ld } = this.#qkv(buffers.qkv);
      kernels.rope(q, ld, rows, length, 0, config.heads, config.headDim, cos, sin, 1);
      kernels.rope(k, ld, rows, length, 0, config.kvHeads, config.headDim, cos, sin, 1);
      kernels.attentionForward(
        q,
        k,
        v,
        ld,
        buffers.o,
        groups.o.dIn,
        buffers.p,
        roundUp4(length),
        batch,
        length,
        config.heads,
        config.kvHeads,
        config.headDim,
        this.#scratch,
        this.#scratchHalf,
      );
      this.#linear(i, layer, groups.o, buffers.o, this.#x, rows, 1, trainable);
      kernels.rmsForward(this.#x, layer.postNorm, buffers.unit2, buffers.in2, buffers.ri2, rows, d, config.rmsEps);
      this.#linear(i, layer, groups.gateUp, buffers.in2, buffers.gu, rows, 0, trainable);
      kernels.swigluForward(buffers.gu, buffers.h, rows, config.intermediateSize);
      this.#linear(i, layer, groups.down, buffers.h, this.#x, rows, 1, trainable);
    }
    kernels.rmsForward(this.#x, this.#base.finalNorm, this.#unit, this.#in, this.#ri, rows, d, config.rmsEps);
  }

  /** Losses and hits per row. With `scale` > 0 also the gradient of scale x (sum of the rows' losses), down to the final norm's output. */
  head(pass: Pass, scale: number, trainable?: Trainable): void {
    const { kernels } = this.#heap;
    const { config, head } = this.#base;
    const { hiddenSize: d, vocabSize } = config;
    for (let first = 0; first < pass.rows; first += this.#chunkRows) {
      const rows = Math.min(this.#chunkRows, pass.rows - first);
      const input = this.#in + 4 * first * d;
      kernels.gemm(rows, vocabSize, d, input, d, 1, head.forward, d, this.#logits, vocabSize, 0);
      kernels.crossEntropy(
        this.#logits,
        this.targets + 4 * first,
        rows,
        vocabSize,
        this.losses + 8 * first,
        this.hits + 4 * first,
        scale,
      );
      if (scale <= 0) continue;
      trainable?.head?.(this.#logits, input, rows);
      kernels.gemm(
        rows,
        d,
        vocabSize,
        this.#logits,
        vocabSize,
        1,
        head.backward,
        vocabSize,
        this.#dIn + 4 * first * d,
        d,
        0,
      );
    }
  }

  /** After `head` with a scale. Leaves the embedding's gradient rows in `dx` when lowestStage is -1. */
  backward(pass: Pass, trainable: Trainable): void {
    const { rows } = pass;
    const d = this.#base.config.hiddenSize;
    this.#heap.f32(this.dx, rows * d).fill(0);
    this.#norm(this.#base.finalNorm, this.#unit, this.#ri, rows, trainable);
    for (let i = this.#base.config.layers - 1; i >= 0; i--) {
      const lowest = i === 0 ? trainable.lowestStage : -1;
      if (!this.#feedForwardBackward(i, lowest, pass, trainable)) return;
      if (!this.#attentionBackward(i, lowest, pass, trainable)) return;
    }
  }

  #feedForwardBackward(i: number, lowest: number, pass: Pass, trainable: Trainable): boolean {
    const { kernels } = this.#heap;
    const { groups, config } = this.#base;
    const layer = at(this.#base.layers, i);
    const buffers = at(this.#layers, i);
    const { rows } = pass;
    const wanted = lowest < groups.down.stage;
    this.#linearBackward(i, layer, groups.down, buffers.h, this.dx, wanted ? this.#dH : 0, pass, trainable);
    if (!wanted) return false;
    kernels.swigluBackward(buffers.gu, this.#dH, rows, config.intermediateSize);
    const more = lowest < groups.gateUp.stage;
    this.#linearBackward(i, layer, groups.gateUp, buffers.in2, buffers.gu, more ? this.#dIn : 0, pass, trainable);
    if (!more) return false;
    this.#norm(layer.postNorm, buffers.unit2, buffers.ri2, rows, trainable);
    return true;
  }

  #attentionBackward(i: number, lowest: number, pass: Pass, trainable: Trainable): boolean {
    const { kernels } = this.#heap;
    const { groups, config, cos, sin } = this.#base;
    const layer = at(this.#base.layers, i);
    const buffers = at(this.#layers, i);
    const { rows, batch, length } = pass;
    const wanted = lowest < groups.o.stage;
    this.#linearBackward(i, layer, groups.o, buffers.o, this.dx, wanted ? this.#dO : 0, pass, trainable);
    if (!wanted) return false;
    const more = lowest < groups.qkv.stage;
    const { q, k, v, ld } = this.#qkv(buffers.qkv);
    const { q: dq, k: dk, v: dv } = this.#qkv(this.#dQkv);
    const needed = (name: string): boolean => more || trainable.lowestNames.includes(name);
    kernels.attentionBackward(
      q,
      k,
      v,
      ld,
      this.#dO,
      groups.o.dIn,
      buffers.p,
      this.#dP,
      roundUp4(length),
      needed('q') ? dq : 0,
      needed('k') ? dk : 0,
      needed('v') ? dv : 0,
      batch,
      length,
      config.heads,
      config.kvHeads,
      config.headDim,
      this.#scratch,
      this.#scratchHalf,
    );
    if (needed('q')) kernels.rope(dq, ld, rows, length, 0, config.heads, config.headDim, cos, sin, -1);
    if (needed('k')) kernels.rope(dk, ld, rows, length, 0, config.kvHeads, config.headDim, cos, sin, -1);
    this.#linearBackward(i, layer, groups.qkv, buffers.in1, this.#dQkv, more ? this.#dIn : 0, pass, trainable);
    if (more) this.#norm(layer.inputNorm, buffers.unit1, buffers.ri1, rows, trainable);
    return more;
  }

  #linear(
    i: number,
    layer: PackedLayer,
    group: Group,
    input: Pointer,
    output: Pointer,
    rows: number,
    add: number,
    trainable: Trainable | undefined,
  ): void {
    const { dIn, dOut, stage } = group;
    const map = at(layer.maps, stage);
    this.#heap.kernels.gemm(rows, dOut, dIn, input, dIn, 1, map.forward, dIn, output, dOut, add);
    trainable?.forward(i, group, input, output, rows);
  }

  #linearBackward(
    i: number,
    layer: PackedLayer,
    group: Group,
    input: Pointer,
    dOutput: Pointer,
    dInput: Pointer,
    pass: Pass,
    trainable: Trainable,
  ): void {
    const { dIn, dOut, stage } = group;
    if (dInput !== 0)
      this.#heap.kernels.gemm(
        pass.rows,
        dIn,
        dOut,
        dOutput,
        dOut,
        1,
        at(layer.maps, stage).backward,
        dOut,
        dInput,
        dIn,
        0,
      );
    trainable.backward(i, group, input, dOutput, dInput, pass);
  }

  /** dx += backward of the norm, from the gradient of its output in #dIn. */
  #norm(gain: Pointer, unit: Pointer, ri: Pointer, rows: number, trainable: Trainable): void {
    trainable.norm?.(gain, this.#dIn, unit, rows);
    this.#heap.kernels.rmsBackward(this.#dIn, gain, unit, ri, this.dx, rows, this.#base.config.hiddenSize);
  }

  #qkv(start: Pointer): { q: Pointer; k: Pointer; v: Pointer; ld: number } {
    const { columns, dOut } = this.#base.groups.qkv;
    return { q: start, k: start + 4 * at(columns, 1), v: start + 4 * at(columns, 2), ld: dOut };
  }
}

function roundUp4(n: number): number {
  return Math.ceil(n / 4) * 4;
}
