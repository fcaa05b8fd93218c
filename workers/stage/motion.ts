import type { StageDot, StageScene } from '../../src/core/contracts/stage.ts';
import { approach, place, Slots } from './layout.ts';

/** A dot as it stands now, on its way to where it belongs. */
export interface MovingDot {
  dot: StageDot;
  readonly angle: number;
  radius: number;
  goal: number;
  progress: number;
  /** 0 = just arrived, 1 = fully there. */
  presence: number;
  leaving: boolean;
}

/** A sealed update on its way to the relay. */
export interface Packet {
  readonly angle: number;
  readonly from: number;
  startedAt: number;
}

const MOVE_MS = 260;
const PROGRESS_MS = 180;
const PRESENCE_MS = 160;
export const PACKET_MS = 950;
export const PULSE_MS = 1_600;
/** More packets than this in the air are one cloud; the oldest are dropped. */
const PACKETS_MAX = 200;

/** All that moves, without drawing: `apply` takes a new scene, `step` moves on. Times are in milliseconds of one monotonic clock. */
export class Motion {
  readonly dots = new Map<string, MovingDot>();
  packets: Packet[] = [];
  pulseAt: number | null = null;
  readonly #slots = new Slots();
  #merges: number | null = null;

  apply(scene: StageScene, now: number, still: boolean): void {
    this.#slots.update(scene.dots.map((dot) => dot.id));
    const crowd = scene.dots.length;
    const present = new Set<string>();
    for (const dot of scene.dots) {
      present.add(dot.id);
      this.#place(dot, crowd, now, still);
    }
    for (const [id, moving] of this.dots) if (!present.has(id)) moving.leaving = true;
    if (this.#merges !== null && scene.merges > this.#merges && !still) this.pulseAt = now;
    this.#merges = scene.merges;
    if (still) this.settle();
  }

  #place(dot: StageDot, crowd: number, now: number, still: boolean): void {
    const { angle, radius } = place(this.#slots.of(dot.id), dot.state, crowd);
    const before = this.dots.get(dot.id);
    if (before === undefined || before.angle !== angle) {
      this.dots.set(dot.id, {
        dot,
        angle,
        radius: still ? radius : 1.02,
        goal: radius,
        progress: dot.progress,
        presence: still ? 1 : 0,
        leaving: false,
      });
      return;
    }
    if (dot.state === 'sent' && before.dot.state !== 'sent' && before.dot.state !== 'merged' && !still) {
      this.packets.push({ angle, from: before.radius, startedAt: now });
      if (this.packets.length > PACKETS_MAX) this.packets.shift();
    }
    before.dot = dot;
    before.goal = radius;
    before.leaving = false;
  }

  /** Everything at its goal, nothing in the air: what a still picture shows. */
  settle(): void {
    for (const [id, moving] of this.dots) {
      if (moving.leaving) this.dots.delete(id);
      moving.radius = moving.goal;
      moving.progress = moving.dot.progress;
      moving.presence = 1;
    }
    this.packets = [];
    this.pulseAt = null;
  }

  /** Returns whether anything still moves. */
  step(now: number, elapsedMs: number): boolean {
    let moving = false;
    for (const [id, dot] of this.dots) {
      dot.radius = approach(dot.radius, dot.goal, elapsedMs, MOVE_MS);
      dot.progress = approach(dot.progress, dot.dot.progress, elapsedMs, PROGRESS_MS);
      dot.presence = approach(dot.presence, dot.leaving ? 0 : 1, elapsedMs, PRESENCE_MS);
      if (dot.leaving && dot.presence === 0) this.dots.delete(id);
      else if (dot.radius !== dot.goal || dot.progress !== dot.dot.progress || dot.presence !== 1) moving = true;
    }
    this.packets = this.packets.filter((packet) => now - packet.startedAt < PACKET_MS);
    if (this.pulseAt !== null && now - this.pulseAt >= PULSE_MS) this.pulseAt = null;
    return moving || this.packets.length > 0 || this.pulseAt !== null;
  }
}
