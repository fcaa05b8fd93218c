import { afterEach, describe, expect, it } from 'vitest';
import { unwrap } from '../core/lib/result.ts';
import type { CircuitRequest } from '../core/contracts/circuit-service.ts';
import type { CircuitClient } from './circuit-client.ts';
import { openQuantumClient, type QuantumClient } from './quantum-client.ts';

const open: QuantumClient[] = [];
afterEach(() => {
  for (const { host } of open.splice(0)) host.close();
});

function circuits(): CircuitClient & { readonly client: QuantumClient } {
  const client = openQuantumClient();
  open.push(client);
  return Object.assign(client.circuits, { client });
}

const BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;';
/** Every shot is a run of its own: minutes, if nobody stops it. */
const LONG = {
  qasm: 'OPENQASM 3.0; qubit[2] q; bit c; U(1, 0, 0) q[0]; c = measure q[0]; U(1, 0, 0) q[0];',
  shots: 1_000_000,
};
/** One run of many seconds, and of many passes, on the engine named. */
const deep = (engine: 'cpu' | 'wasm', qubits: number, layers: number): CircuitRequest => {
  const gates = Array.from({ length: layers * qubits }, (_, i) => {
    const q = (7 * i) % qubits;
    return `ry(0.1) q[${q}]; cx q[${q}],q[${(q + 1 + (i % (qubits - 1))) % qubits}];`;
  });
  return { qasm: `qreg q[${qubits}]; ${gates.join('')}`, engine };
};

describe('circuits in the quantum worker', () => {
  it('run, with the same numbers as anywhere', async () => {
    const report = unwrap(await circuits().run({ qasm: BELL, shots: 100, observables: ['XX'] }));
    expect(report).toMatchObject({ qubits: 2, clbits: 2 });
    expect(report.probabilities![3]).toBeCloseTo(0.5, 6);
    expect(report.expectations[0]!.value).toBeCloseTo(1, 6);
    expect(Object.keys(report.counts!).sort()).toEqual(['00', '11']);
  });

  it('carry the place of a mistake', async () => {
    const result = await circuits().run({ qasm: 'qreg q[2];\n  hh q[0];' });
    expect(result).toMatchObject({ ok: false, error: { code: 'QASM_NAME', line: 2, column: 3, found: 'hh' } });
  });

  it.each([
    ['between runs', LONG],
    ['within a run on the CPU', deep('cpu', 20, 60)],
    ['within a run in WASM', deep('wasm', 22, 60)],
  ])('stop %s when their signal is aborted, and the worker goes on', async (_name, request) => {
    const service = circuits();
    const controller = new AbortController();
    const running = service.run(request, { signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 200));
    controller.abort();
    const aborted = performance.now();
    expect(await running).toMatchObject({ ok: false, error: { code: 'QUANTUM_ABORTED' } });
    expect(performance.now() - aborted).toBeLessThan(3_000);
    expect((await service.run({ qasm: BELL })).ok).toBe(true);
    expect(service.client.host.health.restarts).toBe(0);
  });

  it('do not begin when their signal is aborted already', async () => {
    const signal = AbortSignal.abort();
    expect(await circuits().run({ qasm: BELL }, { signal })).toMatchObject({
      ok: false,
      error: { code: 'QUANTUM_ABORTED' },
    });
  });

  it('end at their deadline, and the worker stops working on them', async () => {
    const service = circuits();
    await service.run({ qasm: BELL });
    expect(await service.run(LONG, { deadlineMs: 100 })).toMatchObject({
      ok: false,
      error: { code: 'WORKER_TIMEOUT', retry: true },
    });
    const started = performance.now();
    expect((await service.run({ qasm: BELL })).ok).toBe(true);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('fail so that they can be tried again when the worker is killed in the middle', async () => {
    const service = circuits();
    await service.run({ qasm: BELL });
    const running = service.run(LONG);
    await new Promise((resolve) => setTimeout(resolve, 100));
    service.client.host.restart('killed by a test');
    expect(await running).toMatchObject({ ok: false, error: { code: 'WORKER_CRASHED', retry: true } });
    expect((await service.run({ qasm: BELL })).ok).toBe(true);
  });

  it('know the engines of the browser, of which exactly one is chosen', async () => {
    const engines = await circuits().engines();
    expect(engines.map(({ engine }) => engine).sort()).toEqual(['cpu', 'wasm', 'webgpu']);
    expect(engines.filter(({ chosen }) => chosen)).toHaveLength(1);
    for (const { available, detail, qubitsMax } of engines) {
      expect(detail).not.toBe('');
      expect(qubitsMax > 0).toBe(available);
    }
  });
});
