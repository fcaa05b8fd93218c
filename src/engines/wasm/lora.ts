import { adapterLayout, adapterScale, type AdapterSlot, drawFrozenA } from '../../core/learn/adapter.ts';
import type { EngineLimits } from '../../core/learn/llama-check.ts';
import type { AdapterSpec } from '../../core/federation/run-config.ts';
import { assert, at } from '../../core/lib/assert.ts';
import type { Base } from './base.ts';
import { type Group, stagesOf } from './groups.ts';
import { type Heap, packedFloats, type Plan, type Pointer } from './kernels.ts';
import type { Pass, Trainable } from './trunk.ts';

/** The adapted maps of one group in one layer: their A factors are one matrix [dIn, width], width = rank x maps. */
interface Site {
  readonly maps: readonly SiteMap[];
  readonly width: number;
  readonly a: Pointer;
  readonly aTransposed: Pointer;
  /** [rows, width], kept for the backward pass. */
  readonly u: Pointer;
}

interface SiteMap {
  readonly slot: AdapterSlot;
  /** First column of the map in the group's output. */
  readonly column: number;
  /** Packed scale x B and its transpose. */
  readonly b: Pointer;
  readonly bTransposed: Pointer;
  readonly frozenA: Float32Array;
}

/** FFA-LoRA: y += scale (x A) B, only B has a gradient, one per example. */
export class Lora implements Trainable {
  readonly size: number;
  readonly lowestStage: number;
  readonly lowestNames: readonly string[];
  readonly sum: Pointer;
  readonly #heap: Heap;
  readonly #rank: number;
  readonly #scale: number;
  /** [layer][stage] */
  readonly #sites: readonly (readonly (Site | undefined)[])[];
  readonly #du: Pointer;
  readonly #gradients: Pointer;
  readonly #factors: Pointer;
  readonly #staging: Pointer;

  constructor(heap: Heap, base: Base, spec: AdapterSpec, limits: EngineLimits, plan: Plan) {
    const layout = adapterLayout(base.config, spec);
    const frozen = drawFrozenA(base.config, spec);
    const stages = stagesOf(base.groups);
    const rows = limits.batchMax * limits.lengthMax;
    this.#heap = heap;
    this.#rank = spec.rank;
    this.#scale = adapterScale(spec);
    this.size = layout.reduce((sum, slot) => sum + slot.length, 0);
    this.lowestStage = Math.min(
      ...stages.filter((g) => g.names.some((n) => spec.targets.includes(n))).map((g) => g.stage),
    );
    this.lowestNames = spec.targets;
    this.#sites = base.layers.map((_, layer) =>
      stages.map((group) => planSite(heap, group, layout, frozen, layer, spec.rank, rows, plan)),
    );
    this.#du = plan.floats(rows * 3 * spec.rank);
    this.#gradients = plan.floats(limits.batchMax * this.size);
    this.#factors = plan.bytes(8 * limits.batchMax);
    this.sum = plan.floats(this.size);
    this.#staging = plan.floats(Math.max(this.size, ...stages.map(({ dIn }) => dIn * 3 * spec.rank)));
  }

  /** After the memory has grown: packs the frozen factors and sets B to zero. */
  load(): void {
    for (const layer of this.#sites) for (const site of layer) if (site !== undefined) this.#packFrozen(site);
    this.setValues(new Float32Array(this.size));
  }

  setValues(values: Float32Array): void {
    assert(values.length === this.size, `got ${values.length} adapter values, expected ${this.size}`);
    const { kernels } = this.#heap;
    this.#heap.f32(this.#staging, this.size).set(values);
    for (const layer of this.#sites) {
      for (const site of layer) {
        for (const { slot, b, bTransposed } of site?.maps ?? []) {
          const source = this.#staging + 4 * slot.offset;
          kernels.packScaled(source, slot.dOut, 1, this.#rank, slot.dOut, b, this.#scale);
          kernels.packScaled(source, 1, slot.dOut, slot.dOut, this.#rank, bTransposed, this.#scale);
        }
      }
    }
  }

  forward(layer: number, group: Group, input: Pointer, output: Pointer, rows: number): void {
    const site = this.#site(layer, group);
    if (site === undefined) return;
    const { kernels } = this.#heap;
    const { width, u } = site;
    if (rows === 1) {
      kernels.gemv(width, group.dIn, input, site.a, u, 0);
      for (const [i, { slot, column, b }] of site.maps.entries())
        kernels.gemv(slot.dOut, this.#rank, u + 4 * i * this.#rank, b, output + 4 * column, 1);
      return;
    }
    kernels.gemm(rows, width, group.dIn, input, group.dIn, 1, site.a, group.dIn, u, width, 0);
    for (const [i, { slot, column, b }] of site.maps.entries()) {
      const from = u + 4 * i * this.#rank;
      kernels.gemm(rows, slot.dOut, this.#rank, from, width, 1, b, this.#rank, output + 4 * column, group.dOut, 1);
    }
  }

  backward(layer: number, group: Group, _input: Pointer, dOutput: Pointer, dInput: Pointer, pass: Pass): void {
    const site = this.#site(layer, group);
    if (site === undefined) return;
    const { kernels } = this.#heap;
    const { width, u } = site;
    const rank = this.#rank;
    for (const [i, { slot, column, bTransposed }] of site.maps.entries()) {
      const dy = dOutput + 4 * column;
      for (let b = 0; b < pass.batch; b++) {
        const first = b * pass.length;
        kernels.factorGradient(
          u + 4 * (first * width + i * rank),
          width,
          dy + 4 * first * group.dOut,
          group.dOut,
          pass.length,
          rank,
          slot.dOut,
          this.#gradients + 4 * (b * this.size + slot.offset),
          this.#scale,
        );
      }
      if (dInput !== 0)
        kernels.gemm(
          pass.rows,
          rank,
          slot.dOut,
          dy,
          group.dOut,
          1,
          bTransposed,
          slot.dOut,
          this.#du + 4 * i * rank,
          width,
          0,
        );
    }
    if (dInput !== 0)
      kernels.gemm(pass.rows, group.dIn, width, this.#du, width, 1, site.aTransposed, width, dInput, group.dIn, 1);
  }

  /** Clips every example's gradient to L2 norm `clipNorm` and adds them up in `sum`. Returns the norms before clipping. NaN stays NaN. */
  clipAndSum(batch: number, clipNorm: number): Float64Array {
    const norms = new Float64Array(batch);
    const factors = this.#heap.f64(this.#factors, batch);
    for (let b = 0; b < batch; b++) {
      const norm = this.#heap.kernels.norm(this.#gradients + 4 * b * this.size, this.size);
      norms[b] = norm;
      factors[b] = norm <= clipNorm ? 1 : clipNorm / norm;
    }
    this.#heap.kernels.weightedSum(this.#gradients, this.#factors, batch, this.size, this.sum);
    return norms;
  }

  #site(layer: number, group: Group): Site | undefined {
    return at(this.#sites, layer)[group.stage];
  }

  #packFrozen(site: Site): void {
    const { width } = site;
    const rank = this.#rank;
    const { dIn } = at(site.maps, 0).slot;
    const joined = this.#heap.f32(this.#staging, dIn * width);
    for (const [i, { frozenA }] of site.maps.entries())
      for (let row = 0; row < dIn; row++)
        joined.set(frozenA.subarray(row * rank, (row + 1) * rank), row * width + i * rank);
    this.#heap.kernels.pack(this.#staging, width, 1, dIn, width, site.a);
    this.#heap.kernels.pack(this.#staging, 1, width, width, dIn, site.aTransposed);
  }
}

function planSite(
  heap: Heap,
  group: Group,
  layout: readonly AdapterSlot[],
  frozen: readonly Float32Array[],
  layer: number,
  rank: number,
  rows: number,
  plan: Plan,
): Site | undefined {
  const { kernels } = heap;
  const maps: SiteMap[] = [];
  for (const [i, slot] of layout.entries()) {
    const place = group.names.indexOf(slot.name);
    if (slot.layer !== layer || place < 0) continue;
    maps.push({
      slot,
      column: at(group.columns, place),
      b: plan.floats(packedFloats(kernels, rank, slot.dOut)),
      bTransposed: plan.floats(packedFloats(kernels, slot.dOut, rank)),
      frozenA: at(frozen, i),
    });
  }
  if (maps.length === 0) return undefined;
  const width = rank * maps.length;
  return {
    maps,
    width,
    a: plan.floats(packedFloats(kernels, group.dIn, width)),
    aTransposed: plan.floats(packedFloats(kernels, width, group.dIn)),
    u: plan.floats(rows * width),
  };
}
