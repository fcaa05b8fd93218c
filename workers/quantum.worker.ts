import { expose } from 'comlink';
import { createQuantumService } from '../src/core/quantum/quantum-service.ts';
import { openWebGpuEngine } from '../src/engines/webgpu/engine.ts';
import { realClock } from '../src/platform/host.ts';

const quantum = createQuantumService({ openWebGpu: () => openWebGpuEngine(), clock: realClock });

// The simulator answers calls only: there are no events to hand out.
expose(Object.assign(quantum, { attach: (): Promise<void> => Promise.resolve() }));
