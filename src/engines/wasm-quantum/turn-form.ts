import type { Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Form } from './emit/turn-kernels.ts';

/** A turn as a kernel takes it; see emit/turn-kernels.ts. Filled in place: binding makes thousands. */
export interface TurnForm {
  form: Form;
  x: number;
  y: number;
  tau: number;
  /** The half with bit 1 is a, the half with bit 0 is b. */
  reversed: boolean;
  /** What is stored where the bit is 0 is the amplitude of 1, and the other way round. */
  flipped: boolean;
  /** What every amplitude must still be multiplied by. */
  scaleRe: number;
  scaleIm: number;
  /** What amplitudes stored at 1 must still be multiplied by, on top. */
  pendingRe: number;
  pendingIm: number;
}

export const emptyTurn = (): TurnForm => ({
  form: 'real',
  x: 0,
  y: 0,
  tau: 0,
  reversed: false,
  flipped: false,
  scaleRe: 1,
  scaleIm: 0,
  pendingRe: 1,
  pendingIm: 0,
});

export interface StoredQubit {
  /** Stored the other way round. */
  readonly flipped: boolean;
  /** No other turn follows on this qubit. */
  readonly last: boolean;
  /** Pending factor where the stored bit is 1. */
  readonly re: number;
  readonly im: number;
}

/** Halves of equal size stay where they are, whatever the last digit says. */
const CLEARLY_LARGER = 1.0001;
/**
 * The last turn of a qubit keeps its halves in place up to this ratio of squares: exchanging them back costs a walk, and
 * coefficients up to 8 cost no digits.
 */
const FAR_LARGER = 64;

/**
 * Factors the unitary m on a stored qubit. With columns in stored order and times the pending factor, and rows exchanged
 * where that makes the diagonal the larger part, m is diag(s, t) [[1, u], [v, 1]]. For a unitary, u v is a negative real,
 * so u and v are real together, imaginary together, or become one of both after b is turned by e^(i beta), |beta| <= pi/4.
 * `tolerance`: relative size of the part that is taken for rounding. `lifted`: the kernel uses the new b for the new a.
 */
export function factorTurn(m: Matrix, stored: StoredQubit, tolerance: number, lifted: boolean, out: TurnForm): void {
  // Plain reads: binding does this thousands of times, and destructuring a typed array iterates.
  const columns = stored.flipped ? columnsExchanged(m) : m;
  const ar = columns[0] as number;
  const ai = columns[1] as number;
  const br = columns[2] as number;
  const bi = columns[3] as number;
  const cr = columns[4] as number;
  const ci = columns[5] as number;
  const dr = columns[6] as number;
  const di = columns[7] as number;
  const { re, im } = stored;
  const flipped = br * br + bi * bi > (stored.last ? FAR_LARGER : CLEARLY_LARGER) * (ar * ar + ai * ai);
  out.flipped = flipped;
  // Rows in stored order, the column of 1 times what is pending.
  const a0 = flipped ? cr : ar;
  const a1 = flipped ? ci : ai;
  const c0 = flipped ? ar : cr;
  const c1 = flipped ? ai : ci;
  const b0 = flipped ? dr * re - di * im : br * re - bi * im;
  const b1 = flipped ? dr * im + di * re : br * im + bi * re;
  const d0 = flipped ? br * re - bi * im : dr * re - di * im;
  const d1 = flipped ? br * im + bi * re : dr * im + di * re;
  // Every form makes the factor of b smaller against that of a: the halves take the roles that bring it back to 1.
  const reversed = d0 * d0 + d1 * d1 < a0 * a0 + a1 * a1;
  out.reversed = reversed;
  if (reversed) factorRows(d0, d1, c0, c1, b0, b1, a0, a1, tolerance, lifted, out);
  else factorRows(a0, a1, b0, b1, c0, c1, d0, d1, tolerance, lifted, out);
}

/** Takes s (1, u; v, 1) t apart for a = s row, b = t row; leaves scale and pending by stored bit. */
function factorRows(
  sr: number,
  si: number,
  ur: number,
  ui: number,
  vr: number,
  vi: number,
  tr: number,
  ti: number,
  tolerance: number,
  lifted: boolean,
  out: TurnForm,
): void {
  const s2 = sr * sr + si * si;
  const t2 = tr * tr + ti * ti;
  let u0 = (ur * sr + ui * si) / s2;
  let u1 = (ui * sr - ur * si) / s2;
  let v0 = (vr * tr + vi * ti) / t2;
  let v1 = (vi * tr - vr * ti) / t2;
  let fbr = tr;
  let fbi = ti;
  const size = Math.abs(u0) + Math.abs(u1);
  out.tau = 0;
  if (Math.abs(u1) <= tolerance * size) out.form = 'real';
  else if (Math.abs(u0) <= tolerance * size) out.form = 'imaginary';
  else {
    const imaginary = Math.abs(u1) > Math.abs(u0);
    // tan beta: turns u onto the nearer axis.
    const tau = imaginary ? -u0 / u1 : u1 / u0;
    const norm = 1 + tau * tau;
    // u b = u (1 - i tau) / (1 + tau^2) times b (1 + i tau), and so on for v and for the factor of b.
    const u = (u0 + u1 * tau) / norm;
    u1 = (u1 - u0 * tau) / norm;
    u0 = u;
    const v = v0 - v1 * tau;
    v1 += v0 * tau;
    v0 = v;
    const f = (fbr + fbi * tau) / norm;
    fbi = (fbi - fbr * tau) / norm;
    fbr = f;
    out.tau = tau;
    out.form = imaginary ? 'twistImaginary' : 'twist';
  }
  const onAxis = out.form === 'real' || out.form === 'twist';
  const u = onAxis ? u0 : u1;
  const v = onAxis ? v0 : v1;
  // a + u b = (1 - u v) (a + u / (1 - u v) (b + v a)); the product of two imaginary coefficients is -u v.
  const lift = lifted ? 1 - (onAxis ? u * v : -u * v) : 1;
  out.x = u / lift;
  out.y = v;
  const far = sr * lift;
  const fai = si * lift;
  const zr = out.reversed ? fbr : far;
  const zi = out.reversed ? fbi : fai;
  const or = out.reversed ? far : fbr;
  const oi = out.reversed ? fai : fbi;
  const z2 = zr * zr + zi * zi;
  out.scaleRe = zr;
  out.scaleIm = zi;
  out.pendingRe = (or * zr + oi * zi) / z2;
  out.pendingIm = (oi * zr - or * zi) / z2;
}

export function columnsExchanged(m: Matrix): Matrix {
  const out = new Float64Array(8);
  for (let i = 0; i < 8; i++) out[i] = m[i ^ 2] as number;
  return out;
}
