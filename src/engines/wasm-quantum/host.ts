import type { HelperThread, ThreadTask } from './tile-runner.ts';

/** Starts a helper thread that calls serveTiles(task); the host decides how (Worker, worker_threads). */
export type SpawnThread = (task: ThreadTask) => HelperThread;

/**
 * Relaxed SIMD (fused multiply-add) is a matter of the host's version and flags. The smallest module that uses it:
 * one function (v128, v128, v128) -> v128 of f32x4.relaxed_madd.
 */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 8, 1, 0x60, 3, 0x7b, 0x7b, 0x7b, 1, 0x7b],
      ...[3, 2, 1, 0],
      ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfd, 0x85, 0x02, 0x0b],
    ),
  );
}

/** Threads need a memory that can be shared: in pages, cross-origin isolation. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer === 'function' && (globalThis.crossOriginIsolated ?? true);
}
