import { encode } from 'uqr';

export interface QrPath {
  /** Modules per side, quiet zone included. */
  readonly size: number;
  /** SVG path data on a grid of `size` x `size` units. */
  readonly path: string;
}

/** One path for the whole code, a horizontal run of dark modules at a time; no markup strings. */
export function qrPath(text: string): QrPath {
  const code = encode(text, { ecc: 'M', border: 2 });
  let path = '';
  code.data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue;
      let end = x;
      while (row[end + 1] === true) end++;
      path += `M${x} ${y}h${end - x + 1}v1H${x}z`;
      x = end;
    }
  });
  return { size: code.size, path };
}
