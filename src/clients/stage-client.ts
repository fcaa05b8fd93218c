import stageWorkerUrl from '../../workers/stage.worker.ts?worker&url';
import type { StageMessage, StagePalette, StageScene, StageSize } from '../core/contracts/stage.ts';
import { trustedScriptUrl } from '../platform/trusted-url.ts';

export interface StageClient {
  scene(scene: StageScene): void;
  size(size: StageSize): void;
  still(still: boolean): void;
  close(): void;
}

/** Hands the canvas to the drawing worker; null where the browser has no OffscreenCanvas (the list then takes its place). */
export function openStageClient(
  canvas: HTMLCanvasElement,
  size: StageSize,
  palette: StagePalette,
  onFailure: () => void,
): StageClient | null {
  if (typeof canvas.transferControlToOffscreen !== 'function' || typeof Worker !== 'function') return null;
  const worker = new Worker(trustedScriptUrl(stageWorkerUrl), { type: 'module', name: 'stage' });
  const send = (message: StageMessage<OffscreenCanvas>, transfer: Transferable[] = []): void =>
    worker.postMessage(message, transfer);
  const offscreen = canvas.transferControlToOffscreen();
  worker.onerror = onFailure;
  send({ type: 'start', canvas: offscreen, size, palette }, [offscreen]);
  return {
    scene: (scene) => send({ type: 'scene', scene }),
    size: (size) => send({ type: 'size', size }),
    still: (still) => send({ type: 'still', still }),
    close: () => worker.terminate(),
  };
}
