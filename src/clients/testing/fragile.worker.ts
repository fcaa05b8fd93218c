import { expose } from 'comlink';
import type { Result } from '../../core/lib/result.ts';

/** A worker that can be made to fail in every way that a worker can. */
const fragile = {
  attach(port: MessagePort): Promise<void> {
    port.postMessage('attached');
    return Promise.resolve();
  },
  ping: (): Promise<void> => Promise.resolve(),
  echo: (text: string): Promise<Result<string>> => Promise.resolve({ ok: true, value: text }),
  never: (): Promise<Result<string>> => new Promise(() => undefined),
  throws: (): Promise<Result<string>> => Promise.reject(new Error('a bug')),
  spin(): Promise<Result<string>> {
    for (;;);
  },
  end(): Promise<Result<string>> {
    self.close();
    return new Promise(() => undefined);
  },
};
export type Fragile = typeof fragile;

expose(fragile);
