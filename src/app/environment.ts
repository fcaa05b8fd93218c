/** What this browser lacks, found once at start; each becomes one sentence on the page. */
export interface Environment {
  /** WebCrypto, WebGPU and Web Locks exist only in secure contexts: https or localhost. */
  readonly secure: boolean;
  readonly wasm: boolean;
  readonly workers: boolean;
  readonly webgpu: boolean;
  readonly sharedMemory: boolean;
  readonly storage: boolean;
}

/** The smallest module with one SIMD instruction (v128.const): valid only where SIMD is supported. WebAssembly core specification 2.0, 5.4.8. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 26, 11,
]);

/** The part of a window that is looked at; old and locked-down browsers lack any of it. */
export type EnvironmentHost = Partial<
  Pick<
    typeof globalThis,
    | 'isSecureContext'
    | 'crossOriginIsolated'
    | 'WebAssembly'
    | 'Worker'
    | 'navigator'
    | 'SharedArrayBuffer'
    | 'indexedDB'
  >
>;

export function readEnvironment(host: EnvironmentHost): Environment {
  return {
    secure: host.isSecureContext === true,
    wasm: host.WebAssembly?.validate(SIMD_PROBE) ?? false,
    workers: host.Worker !== undefined,
    webgpu: 'gpu' in (host.navigator ?? {}),
    sharedMemory: host.crossOriginIsolated === true && host.SharedArrayBuffer !== undefined,
    storage: hasIndexedDb(host),
  };
}

/** Can this browser take part at all? The rest only makes it slower or shorter. */
export function canJoin(environment: Environment): boolean {
  return environment.secure && environment.wasm && environment.workers;
}

/** Some browsers throw on access where storage is denied. */
function hasIndexedDb(host: EnvironmentHost): boolean {
  try {
    return typeof host.indexedDB === 'object' && host.indexedDB !== null;
  } catch {
    return false;
  }
}
