import { afterEach, describe, expect, it } from 'vitest';
import { openQuantumClient, type QuantumClient } from '../clients/quantum-client.ts';
import { installCircuitConsole, type CircuitConsole } from './circuit-console.ts';

const open: QuantumClient[] = [];
afterEach(() => {
  for (const { host } of open.splice(0)) host.close();
});

const BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;';

describe('circuits in the console', () => {
  it('return the JSON of the command line, and throw sentences', async () => {
    let opened = 0;
    installCircuitConsole(() => {
      opened += 1;
      const client = openQuantumClient();
      open.push(client);
      return client.circuits;
    });
    const { circuit } = Reflect.get(globalThis, 'plaquette') as { readonly circuit: CircuitConsole };
    expect(opened).toBe(0);
    const report = await circuit.run(BELL, { shots: 10, seed: 4 });
    expect(Object.keys(report).slice(0, 9)).toEqual(
      'qubits engine precision seconds amplitudes probabilities marginals expectations counts'.split(' '),
    );
    expect((await circuit.run(BELL, { shots: 10, seed: 4 })).counts).toEqual(report.counts);
    await expect(circuit.run('qreg q[2]; h q[7];')).rejects.toThrow(/line 1, column .*QASM_RANGE/);
    expect(await circuit.draw(BELL)).toContain('H');
    expect(opened).toBe(1);
  });
});
