import { createCpuDevice } from '../cpu-device.ts';
import type { StateDevice } from '../device.ts';

/** The float64 device with some parts replaced: for engines that fail, lie or go away. */
export function deviceWith(make: (inner: StateDevice) => Partial<StateDevice>): StateDevice {
  const inner: StateDevice = createCpuDevice();
  const changes = make(inner);
  return new Proxy(inner, {
    get(target, key) {
      const changed: unknown = Reflect.get(changes, key);
      if (changed !== undefined) return changed;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
