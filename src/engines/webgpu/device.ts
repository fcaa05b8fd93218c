import { fail, ok, type Failure, type Result } from '../../core/lib/result.ts';

export type DeviceFailure = Failure<'QUANTUM_NO_WEBGPU' | 'QUANTUM_NO_ADAPTER' | 'QUANTUM_NO_DEVICE'>;

export interface OpenDevice {
  readonly device: GPUDevice;
  /** Human-readable, e.g. "SwiftShader (software)". */
  readonly label: string;
  /** It computes on the processor: hundreds of times slower, and its memory is the computer's own. */
  readonly software: boolean;
}

/** Adapters answer in milliseconds; a driver that is being restarted takes a few seconds. */
const OPEN_TIMEOUT_MS = 15_000;

/** The adapter's own limits for large buffers and workgroup memory, not the small defaults. */
export async function openDevice(gpu: GPU | undefined): Promise<Result<OpenDevice, DeviceFailure>> {
  if (gpu === undefined)
    return fail('QUANTUM_NO_WEBGPU', 'this browser offers no WebGPU here (it needs https or localhost)');
  const adapter = await withDeadline(
    gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null),
    OPEN_TIMEOUT_MS,
    null,
  );
  if (adapter === null) return fail('QUANTUM_NO_ADAPTER', 'WebGPU found no usable graphics adapter', true);
  const { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize } = adapter.limits;
  try {
    const request = adapter.requestDevice({
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize, maxComputeWorkgroupStorageSize },
    });
    const device = await withDeadline(request, OPEN_TIMEOUT_MS, null);
    if (device === null) {
      // Should it come after all, nobody is waiting for it.
      void request.then(
        (late) => late.destroy(),
        () => undefined,
      );
      return fail('QUANTUM_NO_DEVICE', 'the graphics adapter did not answer in 15 s', true);
    }
    return ok({ device, label: adapterLabel(adapter), software: isSoftware(adapter) });
  } catch (error) {
    return fail('QUANTUM_NO_DEVICE', `the graphics adapter gave no device: ${String(error)}`, true);
  }
}

function isSoftware({ info }: GPUAdapter): boolean {
  return info.architecture === 'swiftshader' || info.isFallbackAdapter;
}

function adapterLabel(adapter: GPUAdapter): string {
  const { vendor, architecture, device, description } = adapter.info;
  if (architecture === 'swiftshader') return 'SwiftShader (software)';
  const parts = [vendor, architecture, device].filter((part) => part !== '');
  const name = description !== '' ? description : parts.join(' ');
  return `${name === '' ? 'unnamed adapter' : name}${isSoftware(adapter) ? ' (software)' : ''}`;
}

/** `late` where `promise` takes longer; its own failure is passed on. */
export async function withDeadline<T, L>(promise: Promise<T>, timeoutMs: number, late: L): Promise<T | L> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), timeoutMs);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
