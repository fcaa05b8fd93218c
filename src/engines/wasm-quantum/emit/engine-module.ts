import {
  dense2Kernel,
  denseKernel,
  exchangeKernel,
  laneExchangeKernel,
  lanesExchangeKernel,
  flipKernel,
} from './dense-kernels.ts';
import { phaseKernel, twiddleKernel } from './diagonal-kernels.ts';
import { KERNEL_PARAMS } from './kernel.ts';
import type { LaneOptions } from './lanes.ts';
import {
  addPauliFunction,
  innerFunction,
  overlapLaneFunction,
  overlapXyFunction,
  weightsFunction,
} from './overlap-kernels.ts';
import { indexOfType, writeModule, type FunctionCode, type FunctionType, type MemoryImport } from './module-writer.ts';
import {
  gatherFunction,
  outFactorsFunction,
  runTilesFunction,
  scatterFunction,
  sinkFunction,
  sourceFunction,
} from './run-tiles.ts';
import {
  FORMS,
  LANE_FORMS,
  laneKernel,
  pairKernel,
  pairName,
  singleKernel,
  type Form,
  type LaneForm,
  type PairVariant,
} from './turn-kernels.ts';

/** Table index by kernel name. */
export interface KernelIndex {
  pair(a: Form, b: Form, variant: PairVariant): number;
  single(form: Form): number;
  lanes(a: LaneForm, b: LaneForm): number;
  twiddle(onLane: boolean): number;
  readonly phase: number;
  readonly dense: number;
  readonly dense2: number;
  readonly exchange: number;
  readonly flip: number;
  readonly lanesExchange: number;
  laneExchange(lane: 0 | 1): number;
}

export interface EngineModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly kernels: KernelIndex;
}

/** Writes the whole module: every kernel in one precision, and run_tiles over them. */
export function engineModule(options: LaneOptions, memory: MemoryImport): EngineModule {
  const functions: FunctionCode[] = [];
  const named = new Map<string, number>();
  const add = (code: FunctionCode): number => {
    const index = functions.push(code) - 1;
    named.set(code.name, index);
    return index;
  };
  add(outFactorsFunction(options));
  for (const [rank, a] of FORMS.entries())
    for (const b of FORMS.slice(rank))
      for (const table of [false, true])
        for (const crossed of [false, true]) add(pairKernel(a, b, { table, crossed }, options));
  for (const form of FORMS) add(singleKernel(form, options));
  const laneForms = options.precision === 'f32' ? LANE_FORMS : (['none'] as const);
  for (const a of LANE_FORMS)
    for (const b of laneForms) if (a !== 'none' || b !== 'none') add(laneKernel(a, b, options));
  for (const onLane of [false, true]) add(twiddleKernel(onLane, options));
  add(phaseKernel(options));
  add(denseKernel(options));
  add(dense2Kernel(options));
  add(exchangeKernel(options));
  add(flipKernel(options));
  add(laneExchangeKernel(0, options));
  if (options.precision === 'f32') {
    add(laneExchangeKernel(1, options));
    add(lanesExchangeKernel(options));
  }
  const kernelCount = functions.length;
  const kernelType: FunctionType = { params: KERNEL_PARAMS, results: [] };
  const calls = {
    source: add(sourceFunction(options)),
    gather: add(gatherFunction(options)),
    scatter: add(scatterFunction(options)),
    sink: add(sinkFunction(options)),
    // All functions but the last have the kernels' type, so it is the first that the module lists.
    kernelType: indexOfType([kernelType], kernelType),
  };
  add(runTilesFunction(calls));
  add(overlapXyFunction(options));
  add(overlapLaneFunction(0, options));
  if (options.precision === 'f32') add(overlapLaneFunction(1, options));
  add(weightsFunction(options));
  add(innerFunction(options));
  for (const imaginary of [false, true]) add(addPauliFunction(imaginary, options));
  const table = Array.from({ length: kernelCount }, (_, i) => i);
  return { bytes: writeModule(functions, memory, table), kernels: kernelIndex(named) };
}

function kernelIndex(named: ReadonlyMap<string, number>): KernelIndex {
  const of = (name: string): number => named.get(name) ?? -1;
  return {
    pair: (a, b, variant) => of(pairName(a, b, variant)),
    single: (form) => of(`single_${form}`),
    lanes: (a, b) => of(`lane_${a}_${b}`),
    twiddle: (onLane) => of(onLane ? 'twiddle_lane' : 'twiddle'),
    phase: of('phase'),
    dense: of('dense'),
    dense2: of('dense2'),
    exchange: of('exchange'),
    flip: of('flip'),
    lanesExchange: of('exchange_lanes'),
    laneExchange: (lane) => of(`exchange_lane_${lane}`),
  };
}
