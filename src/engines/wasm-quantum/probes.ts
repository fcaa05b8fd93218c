import type { Bindings } from '../../core/quantum/circuit/angle.ts';
import { adjoint, type Matrix } from '../../core/quantum/circuit/gate-table.ts';
import type { Part } from '../../core/quantum/plan/elementary.ts';
import { multiply2, productOf } from '../../core/quantum/plan/lower.ts';
import type { Probe } from '../../core/quantum/plan/slices.ts';

/** Im <lambda|P|psi> for Pauli operators of one qubit and for products of |1><1|. */
export interface Overlaps {
  /** Of the identity. */
  readonly whole: () => number;
  /** Where all these qubits are 1. */
  readonly ones: (qubits: readonly number[]) => number;
  readonly x: (qubit: number) => number;
  readonly y: (qubit: number) => number;
}

/** Adds `value` to the derivative by a parameter. */
export type AddSlope = (parameter: string, value: number) => void;

/** Entries of a generator below this are rounding: what they would multiply need not be computed. */
const ROUNDING = 1e-14;

/**
 * 2 Re <lambda| d psi> of one probe. With A = dU U^-1, which is i times a Hermitian matrix h = hI + hx X + hy Y + hz Z, it
 * is -2 (hI Im<1> + hx Im<X> + hy Im<Y> + hz Im<Z>).
 */
export function addProbe(probe: Probe, values: Bindings, overlaps: Overlaps, add: AddSlope): void {
  if (probe.kind === 'phase') {
    const { angle, qubits } = probe;
    const inside = overlaps.ones(qubits);
    for (const parameter of angle.parameters) add(parameter, -2 * angle.slope(values, parameter) * inside);
    return;
  }
  const { parts, qubit } = probe;
  for (const [j, part] of parts.entries()) {
    if (part.slope === null) continue;
    for (const parameter of part.slope.parameters) {
      const h = generatorOf(parts, j, part.slope.by(values, parameter), values);
      add(parameter, -2 * expectation(h, qubit, overlaps));
    }
  }
}

/** -i A for A = (later parts) dU_j U_j^-1 (later parts)^-1. */
function generatorOf(parts: readonly Part[], j: number, slope: Matrix, values: Bindings): Matrix {
  const own = multiply2(slope, adjoint((parts[j] as Part).at(values)));
  const later = parts.slice(j + 1);
  const after = productOf(later, values);
  const a = later.length === 0 ? own : multiply2(after, multiply2(own, adjoint(after)));
  return a.map((_, i) => (i % 2 === 0 ? (a[i + 1] as number) : -(a[i - 1] as number)));
}

function expectation(h: Matrix, qubit: number, overlaps: Overlaps): number {
  const [h00, , h01, h01i, , , h11] = h as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  let sum = h00 * overlaps.whole();
  if (Math.abs(h11 - h00) > ROUNDING) sum += (h11 - h00) * overlaps.ones([qubit]);
  // h01 = hx - i hy.
  if (Math.abs(h01) > ROUNDING) sum += h01 * overlaps.x(qubit);
  if (Math.abs(h01i) > ROUNDING) sum -= h01i * overlaps.y(qubit);
  return sum;
}
