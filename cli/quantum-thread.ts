// Entry of one helper thread of the simulator. It waits in shared memory until it is terminated.
import { workerData } from 'node:worker_threads';
import { serveTiles, type ThreadTask } from '../src/engines/wasm-quantum/tile-runner.ts';

serveTiles(workerData as ThreadTask);
