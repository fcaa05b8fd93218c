import type { Matrix } from '../circuit/gate-table.ts';

export interface Eigen2 {
  /** Unitary; columns are eigenvectors. */
  readonly vectors: Matrix;
  /** Radians: the eigenvalues are e^(i phase). */
  readonly phases: readonly [number, number];
}

/**
 * Eigenvectors and phases of a 2x2 unitary. Written as e^(i g) (cos a - i sin a n.sigma) with a unit vector n: the
 * eigenvectors are the spin states along +n and -n, with phases g - a and g + a. Any n will do where sin a is 0.
 */
export function eigenOfUnitary(m: Matrix): Eigen2 {
  const [ar, ai, br, bi, cr, ci, dr, di] = m as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Half the phase of the determinant, which is 1 after division by e^(2 i g).
  const detRe = ar * dr - ai * di - (br * cr - bi * ci);
  const detIm = ar * di + ai * dr - (br * ci + bi * cr);
  const g = Math.atan2(detIm, detRe) / 2;
  const [cg, sg] = [Math.cos(g), Math.sin(g)];
  // Entries of e^(-i g) m.
  const a0 = ar * cg + ai * sg;
  const a1 = ai * cg - ar * sg;
  const c0 = cr * cg + ci * sg;
  const c1 = ci * cg - cr * sg;
  // cos a - i sin a (nz, nx - i ny; nx + i ny, -nz).
  let [nx, ny, nz] = [-c1, c0, -a1];
  const sine = Math.hypot(nx, ny, nz);
  const angle = Math.atan2(sine, a0);
  if (sine < 1e-15) [nx, ny, nz] = [0, 0, 1];
  else [nx, ny, nz] = [nx / sine, ny / sine, nz / sine];
  return { vectors: spinStates(nx, ny, nz), phases: [g - angle, g + angle] };
}

/** Columns: spin up and spin down along the unit vector n. The branch keeps the divisor at least 1. */
function spinStates(nx: number, ny: number, nz: number): Matrix {
  if (nz >= 0) {
    const r = 1 / Math.sqrt(2 * (1 + nz));
    const [p, x, y] = [(1 + nz) * r, nx * r, ny * r];
    return Float64Array.of(p, 0, -x, y, x, y, p, 0);
  }
  const r = 1 / Math.sqrt(2 * (1 - nz));
  const [p, x, y] = [(1 - nz) * r, nx * r, ny * r];
  return Float64Array.of(x, -y, -p, 0, p, 0, x, y);
}
