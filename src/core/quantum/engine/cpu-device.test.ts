import { createCpuDevice } from './cpu-device.ts';
import { engineContract } from './engine.contract.ts';
import { createEngine } from './simulator.ts';

engineContract('cpu, float64', async () => createEngine(createCpuDevice()), {
  tolerance: 1e-12,
  qubits: 9,
  infidelity: 1e-12,
  gradient: 1e-10,
});
