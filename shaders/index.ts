import applyGate from './apply-gate.wgsl?raw';

/** Name and address space as in the WGSL; `dynamicOffset` is the host's choice. */
export interface ShaderBinding {
  readonly binding: number;
  readonly name: string;
  readonly kind: 'storage' | 'read-only-storage' | 'uniform';
  readonly dynamicOffset: boolean;
}

/** One entry point per file; all bindings are in group 0. */
export interface Shader {
  readonly name: string;
  readonly code: string;
  readonly entryPoint: string;
  readonly bindings: readonly ShaderBinding[];
  /** Override constants with the values that the host gives. */
  readonly overrides: Readonly<Record<string, number>>;
}

/** The typed registry: a test compiles each and compares it with what is declared here. */
export const shaders = {
  applyGate: {
    name: 'apply-gate',
    code: applyGate,
    entryPoint: 'apply_gate',
    bindings: [
      { binding: 0, name: 'state', kind: 'storage', dynamicOffset: false },
      { binding: 1, name: 'gate', kind: 'uniform', dynamicOffset: true },
    ],
    overrides: { workgroup_width: 64 },
  },
} as const satisfies Readonly<Record<string, Shader>>;
