import { expect, it } from 'vitest';
import { createCpuEngine } from './cpu-engine.ts';
import { engineContract } from './engine.contract.ts';

engineContract('cpu', async () => createCpuEngine(), { tolerance: 1e-12, qubits: 9 });

it('the CPU engine refuses to run once disposed', async () => {
  const engine = createCpuEngine();
  engine.dispose();
  expect(await engine.run({ qubits: 1, gates: [] })).toMatchObject({ error: { code: 'QUANTUM_DISPOSED' } });
});
