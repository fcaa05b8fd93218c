import { serveTiles, type ThreadTask } from '../src/engines/wasm-quantum/tile-runner.ts';

// One message starts it; after that it waits in shared memory and hears no messages any more.
addEventListener('message', (event: MessageEvent<ThreadTask>) => serveTiles(event.data), { once: true });
