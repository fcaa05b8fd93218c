import { Prng } from '../../../lib/prng.ts';
import type { Clock } from '../../../lib/world.ts';
import { parameter, type Bindings } from '../../circuit/angle.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import type { Circuit, UnitaryStep } from '../../circuit/circuit.ts';
import { adjoint, multiply } from '../../circuit/gate-table.ts';
import { matrixOfCircuit } from '../../qasm/testing/random-circuit.ts';
import { CX, H, RZ, X, type Gate } from '../gates.ts';
import { angleOfPhase } from '../phase.ts';

/** Time stands still: no deadline passes, so results depend on the input alone. */
export const FROZEN: Clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };

/** 1 - |tr A^dagger B| / 2^n of two circuits by their dense matrices: 0 where they are equal up to phase. */
export function infidelity(a: Circuit, b: Circuit, values: Bindings = new Map()): number {
  const product = multiply(adjoint(matrixOfCircuit(a, values)), matrixOfCircuit(b, values));
  const size = 2 ** a.qubits;
  let re = 0;
  let im = 0;
  for (let k = 0; k < size; k++) {
    re += product[2 * k * (size + 1)] ?? Number.NaN;
    im += product[2 * k * (size + 1) + 1] ?? Number.NaN;
  }
  return Math.abs(1 - Math.hypot(re, im) / size);
}

/** The optimiser's own gates as a circuit, without its emitter. */
export function circuitOfGates(gates: readonly Gate[], qubits: number): Circuit {
  const step = ({ op, q, t, phase, step: opaque }: Gate): UnitaryStep => {
    if (op === H) return gate('h', [q]);
    if (op === X) return gate('x', [q]);
    if (op === RZ) return gate('p', [q], [angleOfPhase(phase)]);
    return op === CX ? gate('x', [t], [], [q]) : (opaque as UnitaryStep);
  };
  return circuitOf(qubits, gates.map(step));
}

/** H, X, S, T and CX in equal shares of five; `angles` also rotations by any angle, `symbols` by symbols. */
export function randomCliffordT(
  prng: Prng,
  qubits: number,
  count: number,
  angles = false,
  symbols: readonly string[] = [],
): UnitaryStep[] {
  return Array.from({ length: count }, () => {
    const q = prng.below(qubits);
    const other = qubits > 1 ? (q + 1 + prng.below(qubits - 1)) % qubits : q;
    switch (prng.below(qubits > 1 ? 6 : 5)) {
      case 0:
        return gate('h', [q]);
      case 1:
        return gate(prng.pick(['x', 's', 'sdg', 'z', 'y'] as const), [q]);
      case 2:
      case 3:
        return gate(prng.pick(['t', 'tdg'] as const), [q]);
      case 4:
        if (symbols.length > 0) return gate('rz', [q], [parameter(prng.pick(symbols))]);
        return angles ? gate('rz', [q], [prng.float() * 6]) : gate('h', [q]);
      default:
        return gate('x', [other], [], [q]);
    }
  });
}
