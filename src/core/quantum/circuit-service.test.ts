import { describe, expect, it } from 'vitest';
import type { CircuitService } from '../contracts/circuit-service.ts';
import { unwrap } from '../lib/result.ts';
import { createCircuitService } from './circuit-service.ts';
import { cpuPool, steppingClock } from './run/testing/cpu-world.ts';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

const open = (): CircuitService => createCircuitService({ pool: cpuPool(), clock: steppingClock(turn) });

const BELL = 'qreg q[2]; h q[0]; cx q[0],q[1];';
/** Random before its end, so that every shot is a run: half a minute if nobody stops it. */
const LONG = { qasm: 'qreg q[2]; creg c[1]; h q[0]; measure q[0] -> c[0]; h q[0];', shots: 1_000_000 };

describe('circuit service', () => {
  it('runs circuits one after the other', async () => {
    const service = open();
    const ended: string[] = [];
    const calls = ['a', 'b', 'c'].map(async (name) => {
      const report = unwrap(await service.runCircuit({ qasm: BELL, shots: 10 }, name));
      ended.push(name);
      return report.qubits;
    });
    expect(await Promise.all(calls)).toEqual([2, 2, 2]);
    expect(ended).toEqual(['a', 'b', 'c']);
  });

  it('cancels the running call and the waiting ones by their ids, and goes on', async () => {
    const service = open();
    const running = service.runCircuit(LONG, 'running');
    const waiting = service.runCircuit(LONG, 'waiting');
    const after = service.runCircuit({ qasm: BELL }, 'after');
    await service.cancel('waiting');
    await service.cancel('nobody');
    setTimeout(() => void service.cancel('running'), 20);
    expect(await running).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
    expect(await waiting).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_ABORTED', message: expect.stringContaining('before it began') as string },
    });
    expect(await after).toMatchObject({ ok: true });
  });

  it('refuses an id that is in use and takes it again afterwards', async () => {
    const service = open();
    const first = service.runCircuit({ qasm: BELL }, 'same');
    expect(await service.runCircuit({ qasm: BELL }, 'same')).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_REQUEST' },
    });
    expect((await first).ok).toBe(true);
    expect((await service.runCircuit({ qasm: BELL }, 'same')).ok).toBe(true);
  });

  it('refuses to queue without end', async () => {
    const service = open();
    const calls = Array.from({ length: 300 }, (_, i) => service.runCircuit({ qasm: 'qreg q[1];' }, `${i}`));
    const results = await Promise.all(calls);
    const refused = results.filter((result) => !result.ok && result.error.code === 'QUANTUM_BUSY');
    expect(refused).toHaveLength(300 - 256);
    expect(refused[0]).toMatchObject({ error: { retry: true } });
    expect(results.filter(({ ok }) => ok)).toHaveLength(256);
  });

  it('knows its engines', async () => {
    expect(await open().engines()).toMatchObject([
      { engine: 'wasm', available: false, chosen: false },
      { engine: 'webgpu', available: false, chosen: false },
      { engine: 'cpu', available: true, chosen: true, qubitsMax: 22 },
    ]);
  });
});
