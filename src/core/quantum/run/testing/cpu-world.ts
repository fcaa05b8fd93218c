import type { Clock } from '../../../lib/world.ts';
import { createCpuDevice } from '../../engine/cpu-device.ts';
import type { QuantumEngine } from '../../engine/engine.ts';
import { createEngine } from '../../engine/simulator.ts';
import { createEnginePool, type EnginePool } from '../engine-pool.ts';

/** A clock that moves a little whenever somebody looks at it; `turn` lets the event loop go round once, however long the sleep. */
export function steppingClock(turn: () => Promise<void>, stepMs = 0.1): Clock {
  let now = 0;
  const tick = (): number => (now += stepMs);
  return { now: tick, monotonic: tick, sleep: turn };
}

/** A host that has nothing but the reference engine. */
export function cpuPool(): EnginePool {
  return createEnginePool({
    cpu: () => createEngine(createCpuDevice()),
    wasm: null,
    webgpu: null,
    threads: 2,
    preference: async () => [],
  });
}

/** The reference engine with another face. */
export function disguised(disguise: Partial<QuantumEngine>): QuantumEngine {
  return masked(createEngine(createCpuDevice()), disguise);
}

/** An object with some of its properties replaced; methods still see the object itself. */
export function masked<T extends object>(object: T, mask: Partial<T>): T {
  return new Proxy(object, {
    get: (inner, key) => {
      if (Object.hasOwn(mask, key)) return Reflect.get(mask, key) as unknown;
      const value: unknown = Reflect.get(inner, key, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
}
