import type { ParticipantState } from '../../src/core/federation/run-view.ts';

/** Backing store and density limits: pixels, not JavaScript, are the cost on software rasterisers and 4K projectors. */
export const PIXELS_MAX = 1_000_000;
export const DENSITY_MAX = 1.5;

/** Turning by the golden angle, slot after slot, spreads any number of dots evenly without knowing how many will come. */
export const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** Rings from the relay outwards, as shares of the boundary's radius: the way of an update leads inwards. */
export const RINGS: Readonly<Record<ParticipantState, number>> = {
  merged: 0.27,
  sent: 0.39,
  sealing: 0.51,
  training: 0.64,
  invited: 0.77,
  waiting: 0.89,
  paused: 0.89,
  away: 0.89,
  excluded: 1.1,
};

/** Radius of the boundary that an excluded tab stands outside of, as a share of the smaller half side. */
export const BOUNDARY = 0.87;

/** Backing pixels per CSS pixel. */
export function density(width: number, height: number, devicePixelRatio: number): number {
  const area = Math.max(1, width * height);
  const wanted = Math.min(
    DENSITY_MAX,
    Number.isFinite(devicePixelRatio) && devicePixelRatio > 0 ? devicePixelRatio : 1,
  );
  return Math.min(wanted, Math.sqrt(PIXELS_MAX / area));
}

/** Gives each id the lowest free slot, in the order in which ids come; those who stay keep theirs. */
export class Slots {
  readonly #slots = new Map<string, number>();

  update(ids: readonly string[]): void {
    const present = new Set(ids);
    for (const id of this.#slots.keys()) if (!present.has(id)) this.#slots.delete(id);
    const taken = new Set(this.#slots.values());
    let next = 0;
    for (const id of present) {
      if (this.#slots.has(id)) continue;
      while (taken.has(next)) next++;
      this.#slots.set(id, next);
      taken.add(next);
    }
  }

  of(id: string): number {
    return this.#slots.get(id) ?? 0;
  }
}

export interface Place {
  readonly angle: number;
  /** Share of the boundary's radius. */
  readonly radius: number;
}

/** From here on one line of dots is too tight and the ring becomes a band of three lines. */
const CROWD = 90;

export function place(slot: number, state: ParticipantState, crowd: number): Place {
  const band = crowd > CROWD ? ((slot % 3) - 1) * 0.034 : 0;
  return { angle: slot * GOLDEN_ANGLE - Math.PI / 2, radius: RINGS[state] + band };
}

/** Half size of a mark in CSS pixels: large enough to see from afar, small enough that a thousand still fit. */
export function markSize(boundary: number, crowd: number): number {
  const room = (2 * Math.PI * boundary * 0.7) / Math.max(1, crowd);
  return Math.max(2, Math.min(boundary * 0.04, room * 0.42 + 1.5));
}

/** Exponential approach, independent of the frame rate; snaps when it is too close to be seen. */
export function approach(from: number, to: number, elapsedMs: number, timeConstantMs: number): number {
  const next = to + (from - to) * Math.exp(-elapsedMs / timeConstantMs);
  return Math.abs(next - to) < 0.0008 ? to : next;
}
