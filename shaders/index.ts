import blockSums from './block-sums.wgsl?raw';
import copyBandwidth from './copy-bandwidth.wgsl?raw';
import densePass from './dense-pass.wgsl?raw';
import density from './density.wgsl?raw';
import foldSums from './fold-sums.wgsl?raw';
import gather from './gather.wgsl?raw';
import gatePass from './gate-pass.wgsl?raw';
import marginal from './marginal.wgsl?raw';
import observable from './observable.wgsl?raw';
import overlap from './overlap.wgsl?raw';
import search from './search.wgsl?raw';
import { SPLIT_STATE_READ, SPLIT_STATE_WRITE, splitStateBindings } from './split-state.ts';
import { tileBackwardCode } from './tile-backward.ts';
import { tilePassCode } from './tile-pass.ts';

/** Name and address space as in the WGSL; `dynamicOffset` is the host's choice. */
export interface ShaderBinding {
  readonly binding: number;
  readonly name: string;
  readonly kind: 'storage' | 'read-only-storage' | 'uniform';
  readonly dynamicOffset: boolean;
}

/** One entry point per shader; all bindings are in group 0. */
export interface Shader {
  readonly name: string;
  readonly code: string;
  readonly entryPoint: string;
  readonly bindings: readonly ShaderBinding[];
  /** Override constants with the values that the host gives unless it says otherwise. */
  readonly overrides: Readonly<Record<string, number>>;
}

const storage = (binding: number, name: string): ShaderBinding => ({
  binding,
  name,
  kind: 'storage',
  dynamicOffset: false,
});
const input = (binding: number, name: string): ShaderBinding => ({
  binding,
  name,
  kind: 'read-only-storage',
  dynamicOffset: false,
});
/** The parameters of one dispatch; many lie behind each other in one buffer. */
const job = (binding: number): ShaderBinding => ({ binding, name: 'job', kind: 'uniform', dynamicOffset: true });

const WHOLE = { split: 0 } as const;
const reading = splitStateBindings('read-only-storage');
const writing = splitStateBindings('storage');

function tilePass(registers: 3 | 4): Shader {
  return {
    name: `tile-pass-${registers}`,
    code: tilePassCode(registers),
    entryPoint: 'tile_pass',
    bindings: [...writing, input(4, 'program'), job(5)],
    overrides: WHOLE,
  };
}

/** The typed registry: tests compile each and compare it with what is declared here. */
export const shaders = {
  blockSums: {
    name: 'block-sums',
    code: SPLIT_STATE_READ + blockSums,
    entryPoint: 'block_sums',
    bindings: [...reading, storage(4, 'sums'), job(5)],
    overrides: WHOLE,
  },
  copyBandwidth: {
    name: 'copy-bandwidth',
    code: copyBandwidth,
    entryPoint: 'copy_bandwidth',
    bindings: [input(0, 'source'), storage(1, 'sink'), job(2)],
    overrides: {},
  },
  densePass: {
    name: 'dense-pass',
    code: SPLIT_STATE_WRITE + densePass,
    entryPoint: 'dense_pass',
    bindings: [...writing, input(4, 'matrix'), job(5)],
    overrides: WHOLE,
  },
  density: {
    name: 'density',
    code: SPLIT_STATE_READ + density,
    entryPoint: 'density',
    bindings: [...reading, storage(4, 'sums'), job(5)],
    overrides: WHOLE,
  },
  foldSums: {
    name: 'fold-sums',
    code: foldSums,
    entryPoint: 'fold_sums',
    bindings: [input(0, 'sums'), storage(1, 'folded'), job(2)],
    overrides: {},
  },
  gatePass: {
    name: 'gate-pass',
    code: SPLIT_STATE_WRITE + gatePass,
    entryPoint: 'gate_pass',
    bindings: [...writing, job(4)],
    overrides: WHOLE,
  },
  gather: {
    name: 'gather',
    code: SPLIT_STATE_READ + gather,
    entryPoint: 'gather',
    bindings: [...reading, input(4, 'indices'), storage(5, 'values'), job(6)],
    overrides: WHOLE,
  },
  marginal: {
    name: 'marginal',
    code: SPLIT_STATE_READ + marginal,
    entryPoint: 'marginal',
    bindings: [...reading, storage(4, 'sums'), job(5)],
    overrides: WHOLE,
  },
  observable: {
    name: 'observable',
    code: SPLIT_STATE_READ + observable,
    entryPoint: 'observable',
    bindings: [...reading, storage(4, 'result'), input(5, 'terms'), job(6)],
    overrides: WHOLE,
  },
  overlap: {
    name: 'overlap',
    code: overlap,
    entryPoint: 'overlap',
    bindings: [input(0, 'left'), input(1, 'right'), storage(2, 'sums'), job(3)],
    overrides: {},
  },
  search: {
    name: 'search',
    code: SPLIT_STATE_READ + search,
    entryPoint: 'search',
    bindings: [...reading, input(4, 'tasks'), input(5, 'thresholds'), storage(6, 'found'), job(7)],
    overrides: WHOLE,
  },
  /** Two states in tiles of 2^11 amplitudes. */
  tileBackward: {
    name: 'tile-backward',
    code: tileBackwardCode(),
    entryPoint: 'tile_backward',
    bindings: [storage(0, 'psi'), storage(1, 'lambda'), storage(2, 'sums'), input(3, 'program'), job(4)],
    overrides: {},
  },
  /** Tiles of 2^11 amplitudes, 16 KiB of workgroup memory: every device. */
  tilePass3: tilePass(3),
  /** Tiles of 2^12 amplitudes, 32 KiB of workgroup memory. */
  tilePass4: tilePass(4),
} as const satisfies Readonly<Record<string, Shader>>;

export type ShaderKey = keyof typeof shaders;
