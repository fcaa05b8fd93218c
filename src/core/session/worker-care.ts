import type { Unsubscribe } from '../lib/world.ts';
import type { WorkerWatch } from './ports.ts';
import type { WorkerHealthView } from './session-view.ts';
import type { ViewStore } from './view-store.ts';

/** Shows the workers' health, and has what a replaced one held put back. */
export function careForWorkers(
  workers: WorkerWatch,
  store: ViewStore,
  restore: (name: WorkerHealthView['name']) => void,
): Unsubscribe {
  const show = (): void => store.update({ workers: workers.health() });
  show();
  const stopShowing = workers.onHealth(show);
  const stopRestoring = workers.onRestart((name) => {
    store.fail({ code: 'WORKER_RESTARTED', message: `The ${name} worker had stopped and was started again.` });
    restore(name);
  });
  return () => {
    stopShowing();
    stopRestoring();
  };
}
