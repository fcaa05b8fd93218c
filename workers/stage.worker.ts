import type { StageMessage, StagePalette, StageScene, StageSize } from '../src/core/contracts/stage.ts';
import { density } from './stage/layout.ts';
import { Motion } from './stage/motion.ts';
import { paint } from './stage/painter.ts';

/** A frame after a pause counts as this long: no jump after a hidden minute. */
const ELAPSED_MS_MAX = 64;

let canvas: OffscreenCanvas | null = null;
let context: OffscreenCanvasRenderingContext2D | null = null;
let size: StageSize = { width: 0, height: 0, devicePixelRatio: 1, fontSize: 16 };
let palette: StagePalette | null = null;
let scene: StageScene = { dots: [], merges: 0 };
let still = false;
let scheduled = false;
let lastAt = 0;
const motion = new Motion();

/** Asks for one frame; further frames follow only while something moves. */
function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  if (typeof requestAnimationFrame === 'function') requestAnimationFrame(draw);
  else setTimeout(() => draw(performance.now()), 16);
}

function draw(now: number): void {
  scheduled = false;
  if (context === null || palette === null) return;
  const elapsed = Math.min(ELAPSED_MS_MAX, Math.max(0, now - lastAt));
  lastAt = now;
  const moving = still ? false : motion.step(now, elapsed);
  paint({ context, size, palette, scene, motion, now });
  if (moving) schedule();
}

function resize(next: StageSize): void {
  size = next;
  if (canvas === null || context === null) return;
  const scale = density(size.width, size.height, size.devicePixelRatio);
  canvas.width = Math.max(1, Math.round(size.width * scale));
  canvas.height = Math.max(1, Math.round(size.height * scale));
  context.setTransform(scale, 0, 0, scale, 0, 0);
}

addEventListener('message', (event: MessageEvent<StageMessage<OffscreenCanvas>>) => {
  const message = event.data;
  switch (message.type) {
    case 'start':
      canvas = message.canvas;
      context = canvas.getContext('2d');
      palette = message.palette;
      resize(message.size);
      break;
    case 'scene':
      scene = message.scene;
      motion.apply(scene, performance.now(), still);
      break;
    case 'size':
      resize(message.size);
      break;
    case 'still':
      still = message.still;
      if (still) motion.settle();
      break;
  }
  schedule();
});
