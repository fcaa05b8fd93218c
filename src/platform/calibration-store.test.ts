import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { openCalibrationStore } from './calibration-store.ts';

describe('calibration store', () => {
  it('keeps one text over openings, the last one', async () => {
    expect(await openCalibrationStore()!.load()).toBeNull();
    await openCalibrationStore()!.save('one');
    await openCalibrationStore()!.save('two');
    expect(await openCalibrationStore()!.load()).toBe('two');
  });

  it('is null where there is no database', () => {
    const held = globalThis.indexedDB;
    Reflect.deleteProperty(globalThis, 'indexedDB');
    expect(openCalibrationStore()).toBeNull();
    globalThis.indexedDB = held;
  });
});
