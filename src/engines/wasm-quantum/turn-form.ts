import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Form } from './emit/turn-kernels.ts';

/** A turn as a kernel takes it; see emit/turn-kernels.ts. Filled in place: binding makes thousands. */
export interface TurnForm {
  form: Form;
  x: number;
  y: number;
  tau: number;
  /** Results change places: what the kernel leaves in a is the amplitude of 1. */
  swapped: boolean;
  /** What every amplitude must still be multiplied by. */
  scaleRe: number;
  scaleIm: number;
  /** What amplitudes of 1 must still be multiplied by, on top. */
  pendingRe: number;
  pendingIm: number;
}

export const emptyTurn = (): TurnForm => ({
  form: 'real',
  x: 0,
  y: 0,
  tau: 0,
  swapped: false,
  scaleRe: 1,
  scaleIm: 0,
  pendingRe: 1,
  pendingIm: 0,
});

/**
 * Factors the unitary m times the pending diagonal (1, p) into scale x diag(1, pending) x [[1, u], [v, 1]] (rows
 * exchanged where the off-diagonal is larger). For a unitary, u v is a negative real, so u and v are real together,
 * imaginary together, or become one of both after a twist of b by e^(i beta)/cos beta with |beta| <= pi/4.
 * `tolerance`: relative size of the part that is taken for rounding.
 */
export function factorTurn(m: Matrix, pRe: number, pIm: number, tolerance: number, out: TurnForm): void {
  const [ar, ai, br, bi, cr, ci, dr, di] = m as unknown as Eight;
  // Columns of 1 take the pending factor: m = [[a, b], [c, d]] becomes [[a, b p], [c, d p]].
  const [Br, Bi] = [br * pRe - bi * pIm, br * pIm + bi * pRe];
  const [Dr, Di] = [dr * pRe - di * pIm, dr * pIm + di * pRe];
  const swapped = br * br + bi * bi > ar * ar + ai * ai;
  out.swapped = swapped;
  // a' = s (a + u b), b' = t (b + v a); exchanged: the row of 1 comes from a.
  const [sr, si, ur, ui] = swapped ? [cr, ci, Dr, Di] : [ar, ai, Br, Bi];
  const [tr, ti, vr, vi] = swapped ? [Br, Bi, ar, ai] : [Dr, Di, cr, ci];
  const s2 = sr * sr + si * si;
  const t2 = tr * tr + ti * ti;
  let u0 = (ur * sr + ui * si) / s2;
  let u1 = (ui * sr - ur * si) / s2;
  let v0 = (vr * tr + vi * ti) / t2;
  let v1 = (vi * tr - vr * ti) / t2;
  // Factors of what the kernel leaves in a and b.
  let [fbr, fbi] = [tr, ti];
  const size = Math.abs(u0) + Math.abs(u1);
  if (Math.abs(u1) <= tolerance * size) out.form = 'real';
  else if (Math.abs(u0) <= tolerance * size) out.form = 'imaginary';
  else {
    const imaginary = Math.abs(u1) > Math.abs(u0);
    // tan beta: turns u onto the nearer axis.
    const tau = imaginary ? -u0 / u1 : u1 / u0;
    const norm = 1 + tau * tau;
    // u b = u e^(-i beta) cos beta (b (1 + i tau)), and e^(-i beta) cos beta = (1 - i tau) / (1 + tau^2).
    [u0, u1] = [(u0 + u1 * tau) / norm, (u1 - u0 * tau) / norm];
    [v0, v1] = [v0 - v1 * tau, v1 + v0 * tau];
    [fbr, fbi] = [(fbr + fbi * tau) / norm, (fbi - fbr * tau) / norm];
    out.tau = tau;
    out.form = imaginary ? 'twistImaginary' : 'twist';
  }
  const onAxis = out.form === 'real' || out.form === 'twist';
  out.x = onAxis ? u0 : u1;
  out.y = onAxis ? v0 : v1;
  // Amplitude of 0 is what is stored first: a, or b where the results change places.
  const [zr, zi, or, oi] = swapped ? [fbr, fbi, sr, si] : [sr, si, fbr, fbi];
  const z2 = zr * zr + zi * zi;
  out.scaleRe = zr;
  out.scaleIm = zi;
  out.pendingRe = (or * zr + oi * zi) / z2;
  out.pendingIm = (oi * zr - or * zi) / z2;
}

type Eight = readonly [number, number, number, number, number, number, number, number];
