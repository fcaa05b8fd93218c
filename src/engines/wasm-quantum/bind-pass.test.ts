import { describe, expect, it } from 'vitest';
import { at } from '../../core/lib/assert.ts';
import { Prng } from '../../core/lib/prng.ts';
import { unwrap } from '../../core/lib/result.ts';
import { circuitOf } from '../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../core/quantum/circuit/circuit.ts';
import { createCpuDevice } from '../../core/quantum/engine/cpu-device.ts';
import { createEngine } from '../../core/quantum/engine/simulator.ts';
import { randomUnitary, scramble } from '../../core/quantum/engine/testing/random-circuits.ts';
import { amplitudesOf, distance } from '../../core/quantum/engine/testing/suite.ts';
import type { Elementary } from '../../core/quantum/plan/elementary.ts';
import { PassBinder } from './bind-pass.ts';
import { engineModule } from './emit/engine-module.ts';
import { OP } from './layout.ts';
import { Pending } from './pending.ts';
import { ProgramWriter } from './program-writer.ts';
import { TileMap } from './tile-map.ts';
import { openWasmEngine } from './wasm-engine.ts';

const QUBITS = 10;

/** Throws where a search runs off the end of the qubits, which otherwise never comes back. */
class BoundedMap extends TileMap {
  override local(qubit: number): number {
    if (qubit < 0) throw new Error('no free bit of the tile was found');
    return super.local(qubit);
  }
}

describe.each(['f32', 'f64'] as const)('binding of dense matrices, %s', (precision) => {
  const laneBits = precision === 'f32' ? 2 : 1;

  /** Records that the operations of a pass are bound to. */
  function boundCount(operations: readonly Elementary[]): number {
    const { kernels } = engineModule({ precision, fma: false }, { minPages: 1, maxPages: 1, shared: false });
    const buffer = new ArrayBuffer(2 ** 24);
    const writer = new ProgramWriter(buffer, 0, buffer.byteLength, precision);
    const binder = new PassBinder(kernels, operations, new Pending(QUBITS), new Map());
    binder.writeTo(writer);
    const map = new BoundedMap(QUBITS, 2 ** QUBITS - 1, laneBits);
    const { count, first } = binder.bind(
      map,
      operations.map((_, index) => ({ kind: 'other', index })),
    );
    // The records are a chain: each says how long it is.
    const words = new Int32Array(buffer);
    let end = first;
    for (let i = 0; i < count; i++) end += at(words, (end + OP.size) / 4);
    expect(end).toBe(writer.top);
    return count;
  }

  const dense = (targets: readonly number[], controls: readonly number[]): Elementary => {
    const matrix = randomUnitary(new Prng('bound'), targets.length);
    return { kind: 'dense', targets, controls, at: () => matrix };
  };
  const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

  it('moves targets out of the vectors and back', () => {
    expect(boundCount([dense([5, 7], [])])).toBe(1);
    expect(boundCount([dense([0, 7], [])])).toBe(3);
    expect(boundCount([dense(upTo(0, 8), [])])).toBe(1 + 2 * laneBits);
  });

  it('finds room for them where controls fill the tile', async () => {
    for (const targets of [2, 6]) {
      const controls = upTo(targets, QUBITS);
      expect(boundCount([dense(upTo(0, targets), controls)])).toBeGreaterThan(0);
      // Amplitudes move only where all controls are 1, so they are turned there first.
      const prng = new Prng(`full tile ${targets}`);
      const matrix = randomUnitary(prng, targets);
      const steps: UnitaryStep[] = [
        ...scramble(prng, QUBITS),
        { kind: 'unitary', label: 'w', matrix, targets: upTo(0, targets), controls },
        ...scramble(prng, QUBITS),
      ];
      const circuit = circuitOf(QUBITS, steps);
      const engine = unwrap(await openWasmEngine({ precision, threads: 1, spawnThread: null }));
      const oracle = createEngine(createCpuDevice());
      const off = distance(await amplitudesOf(engine, circuit), await amplitudesOf(oracle, circuit));
      expect(off, `${targets} targets`).toBeLessThan(precision === 'f32' ? 1e-6 : 1e-14);
      engine.dispose();
    }
  });
});
