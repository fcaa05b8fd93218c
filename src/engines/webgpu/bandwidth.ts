import { ok, type Result } from '../../core/lib/result.ts';
import { jobOf, openGpu, type Dispatch } from './gpu.ts';

export interface Bandwidth {
  readonly label: string;
  /** Bytes read plus bytes written a second: median, and the best of the rounds. */
  readonly bytesPerSecond: number;
  readonly bytesPerSecondBest: number;
  readonly bufferBytes: number;
}

/** A state of 24 qubits: larger than any cache that a GPU of a browser has. */
const BUFFER_BYTES = 2 ** 27;
/** Copies of one measured submission: enough that starting it is a small part. */
const COPIES = 8;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;
const VEC4_BYTES = 16;

/**
 * What one pass over a state costs at best on this adapter: reads one buffer, writes another, nothing else. `now` is a
 * monotonic clock in milliseconds. A device of its own, freed at the end.
 */
export async function measureCopyBandwidth(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  now: () => number = () => performance.now(),
  bufferBytes: number = BUFFER_BYTES,
): Promise<Result<Bandwidth>> {
  const opened = await openGpu(gpu);
  if (!opened.ok) return opened;
  const device = opened.value;
  const seconds: number[] = [];
  const measured = await device.guard('a bandwidth measurement', async () => {
    const source = device.buffer('copy source', bufferBytes);
    const sink = device.buffer('copy sink', bufferBytes);
    const items = bufferBytes / VEC4_BYTES;
    const copy: Dispatch = {
      shader: 'copyBandwidth',
      split: false,
      buffers: [source, sink],
      job: jobOf(items),
      workgroups: Math.ceil(items / 256),
      work: items,
    };
    const copies = Array.from({ length: COPIES }, () => copy);
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      const start = now();
      const done = await device.run(copies);
      if (!done.ok) return done;
      if (round >= WARM_UP_ROUNDS) seconds.push((now() - start) / 1000);
    }
    return ok(null);
  });
  device.dispose();
  if (!measured.ok) return measured;
  const rates = seconds.map((s) => (COPIES * 2 * bufferBytes) / s).toSorted((a, b) => a - b);
  return ok({
    label: device.label,
    bytesPerSecond: rates[Math.floor(rates.length / 2)] as number,
    bytesPerSecondBest: rates.at(-1) as number,
    bufferBytes,
  });
}
