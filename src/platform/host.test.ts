import { describe, expect, it } from 'vitest';
import { realClock, secureRng } from './host.ts';

describe('real clock', () => {
  it('sleeps about as long as asked', async () => {
    const start = realClock.monotonic();
    await realClock.sleep(30);
    expect(realClock.monotonic() - start).toBeGreaterThanOrEqual(28);
  });

  it('rejects with the reason as soon as the signal fires, and at once if it already has', async () => {
    const controller = new AbortController();
    const sleeping = realClock.sleep(60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await expect(realClock.sleep(60_000, controller.signal)).rejects.toThrow('enough');
  });
});

describe('secure rng', () => {
  it('fills every 64 KiB block of a large array', () => {
    const bytes = new Uint8Array(200_001);
    secureRng.fill(bytes.subarray(0));
    for (let start = 0; start < bytes.length; start += 65_536) {
      const block = bytes.subarray(start, Math.min(bytes.length, start + 65_536));
      const zeros = block.filter((byte) => byte === 0).length;
      // 1/256 expected; three times that has a false-alarm rate far below 1e-9 for the smallest block (3,393 bytes).
      expect(zeros / block.length).toBeLessThan(3 / 256);
    }
  });
});
