import type { StagePalette, StageScene, StageSize } from '../../src/core/contracts/stage.ts';
import type { ParticipantState } from '../../src/core/federation/run-view.ts';
import { BOUNDARY, markSize, RINGS } from './layout.ts';
import { type Motion, type MovingDot, PACKET_MS, PULSE_MS } from './motion.ts';
import { isOutline, traceShape } from './shapes.ts';

type Context = OffscreenCanvasRenderingContext2D;

/** Names are drawn only up to here; beyond it they would cover the dots. */
const NAMED_MAX = 16;
const GUIDES: readonly ParticipantState[] = ['merged', 'sent', 'sealing', 'training', 'invited', 'waiting'];

export interface Frame {
  readonly context: Context;
  readonly size: StageSize;
  readonly palette: StagePalette;
  readonly scene: StageScene;
  readonly motion: Motion;
  readonly now: number;
}

/** Draws one frame in CSS pixels; the caller has set the transform to the backing density. */
export function paint(frame: Frame): void {
  const { context, size } = frame;
  context.clearRect(0, 0, size.width, size.height);
  const x = size.width / 2;
  const y = size.height / 2;
  const boundary = (Math.min(size.width, size.height) / 2) * BOUNDARY;
  if (boundary < 20) return;
  paintGuides(frame, x, y, boundary);
  paintPulse(frame, x, y, boundary);
  paintPackets(frame, x, y, boundary);
  paintDots(frame, x, y, boundary);
  paintRelay(frame, x, y, boundary);
}

function paintGuides({ context, palette }: Frame, x: number, y: number, boundary: number): void {
  context.lineWidth = 1;
  context.strokeStyle = palette.ring;
  for (const state of GUIDES) {
    context.beginPath();
    context.arc(x, y, boundary * RINGS[state], 0, 2 * Math.PI);
    context.stroke();
  }
  context.beginPath();
  context.setLineDash([2, 7]);
  context.lineWidth = 2;
  context.arc(x, y, boundary, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
}

function paintPulse({ context, palette, motion, now }: Frame, x: number, y: number, boundary: number): void {
  if (motion.pulseAt === null) return;
  const share = (now - motion.pulseAt) / PULSE_MS;
  const eased = 1 - (1 - share) ** 3;
  context.globalAlpha = (1 - share) * 0.85;
  context.strokeStyle = palette.states.merged;
  context.lineWidth = 2 + 8 * (1 - share);
  context.beginPath();
  context.arc(x, y, boundary * (0.12 + 0.88 * eased), 0, 2 * Math.PI);
  context.stroke();
  context.globalAlpha = 1;
}

function paintPackets({ context, palette, motion, now, scene }: Frame, x: number, y: number, boundary: number): void {
  const half = Math.max(2.5, markSize(boundary, scene.dots.length) * 0.55);
  for (const packet of motion.packets) {
    const share = Math.min(1, (now - packet.startedAt) / PACKET_MS);
    const eased = share * share * (3 - 2 * share);
    const radius = boundary * (packet.from + (0.1 - packet.from) * eased);
    const px = x + radius * Math.cos(packet.angle);
    const py = y + radius * Math.sin(packet.angle);
    const tail = boundary * Math.min(packet.from, radius / boundary + 0.09);
    context.strokeStyle = palette.states.sent;
    context.globalAlpha = 0.45;
    context.lineWidth = half;
    context.beginPath();
    context.moveTo(px, py);
    context.lineTo(x + tail * Math.cos(packet.angle), y + tail * Math.sin(packet.angle));
    context.stroke();
    context.globalAlpha = 1;
    context.fillStyle = palette.states.sent;
    context.fillRect(px - half, py - half, 2 * half, 2 * half);
  }
}

function paintDots(frame: Frame, x: number, y: number, boundary: number): void {
  const { motion, scene } = frame;
  const size = markSize(boundary, scene.dots.length);
  const named = scene.dots.length <= NAMED_MAX;
  for (const moving of motion.dots.values()) {
    const radius = boundary * moving.radius;
    const px = x + radius * Math.cos(moving.angle);
    const py = y + radius * Math.sin(moving.angle);
    paintDot(frame, moving, px, py, size * (0.4 + 0.6 * moving.presence));
    if (named || moving.dot.state === 'excluded') paintName(frame, moving, px, py, size);
  }
  frame.context.globalAlpha = 1;
}

function paintDot({ context, palette }: Frame, moving: MovingDot, x: number, y: number, r: number): void {
  const { state, self } = moving.dot;
  context.globalAlpha = moving.presence * (state === 'away' ? 0.6 : 1);
  const colour = palette.states[state];
  if (self) {
    context.strokeStyle = palette.accent;
    context.lineWidth = Math.max(1.5, r * 0.2);
    context.beginPath();
    context.arc(x, y, r * 2.3, 0, 2 * Math.PI);
    context.stroke();
  }
  if (state === 'training') {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1.5, r * 0.26);
    context.beginPath();
    context.arc(x, y, r * 1.62, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.max(0.02, moving.progress));
    context.stroke();
  }
  context.beginPath();
  traceShape(context, state, x, y, state === 'waiting' ? r * 0.8 : r);
  if (isOutline(state)) {
    context.strokeStyle = colour;
    context.lineWidth = Math.max(1.5, r * 0.34);
    context.stroke();
  } else {
    context.fillStyle = colour;
    context.fill();
  }
}

function paintName({ context, palette, size }: Frame, moving: MovingDot, x: number, y: number, r: number): void {
  const right = Math.cos(moving.angle) >= 0;
  context.globalAlpha = moving.presence;
  context.font = `500 ${size.fontSize * 0.82}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  context.textAlign = right ? 'left' : 'right';
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = palette.ground;
  const text = moving.dot.name;
  const wanted = x + (right ? 1 : -1) * (r * 1.6 + size.fontSize * 0.45);
  // A name that would run over the edge is pushed back in.
  const width = context.measureText(text).width + 4;
  const at = right ? Math.min(wanted, size.width - width) : Math.max(wanted, width);
  context.strokeText(text, at, y);
  context.fillStyle = palette.muted;
  context.fillText(text, at, y);
}

/** The relay: the lattice mark that stands for Plaquette everywhere. */
function paintRelay({ context, palette }: Frame, x: number, y: number, boundary: number): void {
  const r = boundary * 0.062;
  const d = r * 1.28;
  context.globalAlpha = 1;
  for (const [dx, dy, solid] of [
    [0, -d, true],
    [0, d, true],
    [-d, 0, false],
    [d, 0, false],
  ] as const) {
    context.beginPath();
    context.moveTo(x + dx, y + dy - r);
    context.lineTo(x + dx + r, y + dy);
    context.lineTo(x + dx, y + dy + r);
    context.lineTo(x + dx - r, y + dy);
    context.closePath();
    context.lineJoin = 'round';
    context.lineWidth = Math.max(1.5, r * 0.22);
    context.strokeStyle = palette.accent;
    if (solid) {
      context.fillStyle = palette.accent;
      context.fill();
    }
    context.stroke();
  }
}
