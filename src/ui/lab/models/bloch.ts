/** Drawing of a Bloch vector: x towards the reader and left, y to the right, z up. */
export interface Projected {
  readonly x: number;
  readonly y: number;
  /** Whether the tip points away from the reader. */
  readonly behind: boolean;
}

const AZIMUTH = (25 * Math.PI) / 180;
const ELEVATION = (18 * Math.PI) / 180;

/** Orthographic, in a unit circle, y of the screen downwards. */
export function project([x, y, z]: readonly [number, number, number]): Projected {
  const across = -Math.sin(AZIMUTH) * x + Math.cos(AZIMUTH) * y;
  const depth = Math.cos(AZIMUTH) * x + Math.sin(AZIMUTH) * y;
  return {
    x: across,
    y: -(Math.cos(ELEVATION) * z - Math.sin(ELEVATION) * depth),
    behind: Math.sin(ELEVATION) * z + Math.cos(ELEVATION) * depth < -1e-9,
  };
}

/** 1 for a state of its own, 0 where the qubit is wholly entangled or mixed. Rounding above 1 is cut. */
export function lengthOf([x, y, z]: readonly [number, number, number]): number {
  return Math.min(1, Math.hypot(x, y, z));
}

export type BlochPlace = 'zero' | 'one' | 'plus' | 'minus' | 'plus-i' | 'minus-i' | 'mixed' | 'between';

/** A name for the six poles and the centre. */
export function placeOf(vector: readonly [number, number, number]): BlochPlace {
  if (lengthOf(vector) < 0.02) return 'mixed';
  const names: readonly (readonly [BlochPlace, BlochPlace])[] = [
    ['plus', 'minus'],
    ['plus-i', 'minus-i'],
    ['zero', 'one'],
  ];
  for (const [axis, [positive, negative]] of names.entries()) {
    const part = vector[axis] ?? 0;
    if (Math.abs(part) > 0.995) return part > 0 ? positive : negative;
  }
  return 'between';
}

/** The ellipse of a great circle around `axis`, for the equator and the meridian: its points, closed. */
export function circlePath(plane: 'xy' | 'xz', radius: number): string {
  const points = Array.from({ length: 48 }, (_, i) => {
    const angle = (i / 48) * 2 * Math.PI;
    const [a, b] = [Math.cos(angle), Math.sin(angle)];
    const { x, y } = project(plane === 'xy' ? [a, b, 0] : [a, 0, b]);
    return `${(x * radius).toFixed(2)} ${(y * radius).toFixed(2)}`;
  });
  return `M${points.join('L')}Z`;
}
