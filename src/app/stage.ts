import type { StagePalette, StageScene, StageSize } from '../core/contracts/stage.ts';

/** A picture that is drawn off the main thread. */
export interface Stage {
  scene(scene: StageScene): void;
  size(size: StageSize): void;
  still(still: boolean): void;
  close(): void;
}

/** null: this browser cannot draw in a worker. */
export type OpenStage = (
  canvas: HTMLCanvasElement,
  size: StageSize,
  palette: StagePalette,
  onFailure: () => void,
) => Promise<Stage | null>;

/** The client is a chunk of its own: the first paint needs no picture. */
export const openStage: OpenStage = async (canvas, size, palette, onFailure) => {
  const { openStageClient } = await import('../clients/stage-client.ts');
  return openStageClient(canvas, size, palette, onFailure);
};
