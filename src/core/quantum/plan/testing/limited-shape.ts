import type { TileShape } from '../passes.ts';

/** Far more often than any plan here looks at its shape. */
const LOOKS_MAX = 10_000;

/** A shape that throws when it is asked too often: a search that gets nowhere ends the test instead of hanging it. */
export function limitedShape(shape: TileShape): TileShape {
  let looks = 0;
  return {
    ...shape,
    get tileBits() {
      looks += 1;
      if (looks > LOOKS_MAX) throw new Error('passes that take nothing follow each other');
      return shape.tileBits;
    },
  };
}
