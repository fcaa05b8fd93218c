import type { Prng } from '../../../lib/prng.ts';
import { combine, parameter, type Angle } from '../../circuit/angle.ts';
import type { Circuit, GateName, Operation, UnitaryStep } from '../../circuit/circuit.ts';
import { GATES, multiply, adjoint, type Matrix } from '../../circuit/gate-table.ts';
import { diagonalise } from '../hermitian.ts';
import { matrixOn } from '../dense.ts';

export const GATE_NAMES = Object.keys(GATES) as GateName[];

/** Any double is an angle; fractions of pi and awkward numbers are as likely as others. */
export function randomAngle(rng: Prng): number {
  switch (rng.below(5)) {
    case 0:
      return ((rng.below(33) - 16) * Math.PI) / rng.pick([1, 2, 3, 4, 6, 8, 16]);
    case 1:
      return rng.pick([0, -0, 1, 2, -3, 1e-300, 1e6, 0.1, -1e-7]);
    default:
      return (rng.float() - 0.5) * 20;
  }
}

/** A unitary: the phases of a random Hermitian matrix's eigenvectors. */
export function randomUnitary(rng: Prng, qubits: number): Matrix {
  const size = 2 ** qubits;
  const h = new Float64Array(2 * size * size);
  for (let row = 0; row < size; row++)
    for (let column = row; column < size; column++) {
      const [re, im] = [rng.normal(), row === column ? 0 : rng.normal()];
      h.set([re, im], 2 * (row * size + column));
      h.set([re, -im], 2 * (column * size + row));
    }
  const { vectors } = diagonalise(h);
  const phases = new Float64Array(h.length);
  for (let i = 0; i < size; i++) {
    const angle = rng.float() * 2 * Math.PI;
    phases.set([Math.cos(angle), Math.sin(angle)], 2 * (i * size + i));
  }
  return multiply(vectors, multiply(phases, adjoint(vectors)));
}

export interface RandomOptions {
  readonly gates?: readonly GateName[];
  readonly unitaries?: boolean;
  readonly controlsMax?: number;
  readonly parameters?: readonly string[];
}

/** A unitary step on some of `qubits`, or null where it does not fit. */
export function randomStep(rng: Prng, qubits: number, options: RandomOptions): UnitaryStep | null {
  const free = rng.shuffle(Array.from({ length: qubits }, (_, i) => i));
  const controls = (left: number): number => rng.below(Math.min(left, options.controlsMax ?? 3) + 1);
  if (options.unitaries === true && rng.below(6) === 0) {
    const k = 1 + rng.below(Math.min(3, qubits));
    const matrix = randomUnitary(rng, k);
    return {
      kind: 'unitary',
      label: 'random',
      matrix,
      targets: free.slice(0, k),
      controls: free.slice(k, k + controls(qubits - k)),
    };
  }
  const name = rng.pick(options.gates ?? GATE_NAMES);
  const { targets, params } = GATES[name];
  if (targets > qubits) return null;
  const angles = params.map((): Angle => {
    const names = options.parameters ?? [];
    if (names.length === 0 || rng.below(2) === 0) return randomAngle(rng);
    const symbol = parameter(rng.pick(names));
    return rng.pick<Angle>([
      symbol,
      combine('multiply', symbol, randomAngle(rng)),
      combine('subtract', randomAngle(rng), symbol),
    ]);
  });
  const count = controls(qubits - targets);
  return {
    kind: 'gate',
    name,
    params: angles,
    targets: free.slice(0, targets),
    controls: free.slice(targets, targets + count),
  };
}

export function randomSteps(rng: Prng, qubits: number, count: number, options: RandomOptions = {}): UnitaryStep[] {
  const out: UnitaryStep[] = [];
  while (out.length < count) {
    const step = randomStep(rng, qubits, options);
    if (step !== null) out.push(step);
  }
  return out;
}

/** The matrix of the unitary operations of a circuit, whatever else is in it. */
export function matrixOfCircuit(circuit: Circuit, values: ReadonlyMap<string, number> = new Map()): Matrix {
  const steps = circuit.operations.filter((operation): operation is UnitaryStep => isStep(operation));
  return matrixOn(
    steps,
    Array.from({ length: circuit.qubits }, (_, i) => i),
    values,
  );
}

const isStep = (operation: Operation): boolean => operation.kind === 'gate' || operation.kind === 'unitary';

/** Largest difference of two matrices. */
export function distance(a: Matrix, b: Matrix): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}
