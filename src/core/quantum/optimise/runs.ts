import { multiply, GATES, type Matrix } from '../circuit/gate-table.ts';
import { CX, H, hGate, isNothing, OPAQUE, qubitsOf, RZ, rzGate, X, xGate, type Gate } from './gates.ts';
import { addPhases, angleOfPhase, isClifford, isT, phaseOf, phaseOfAngle } from './phase.ts';
import { eulerAngles } from './single-qubit.ts';

/** The matrix of a gate on its own qubit. Phases are numbers here. */
export function matrixOfGate(gate: Gate): Matrix {
  if (gate.op === H) return GATES.h.matrix([]);
  if (gate.op === X) return GATES.x.matrix([]);
  return GATES.p.matrix([angleOfPhase(gate.phase) as number]);
}

export const isSymbolic = (gate: Gate): boolean => gate.op === RZ && gate.phase.terms.length > 0;

/**
 * Rewrites every maximal run of one-qubit gates on a qubit by `run`, which gets the gates in order of time, and every other gate
 * by `other`.
 */
export function rewriteRuns<T>(
  gates: readonly Gate[],
  qubits: number,
  run: (run: readonly Gate[], q: number) => readonly T[],
  other: (gate: Gate) => T,
): T[] {
  const open: Gate[][] = Array.from({ length: qubits }, () => []);
  const out: T[] = [];
  const close = (q: number): void => {
    const gathered = open[q] as Gate[];
    if (gathered.length === 0) return;
    for (const one of run(gathered, q)) out.push(one);
    open[q] = [];
  };
  for (const gate of gates) {
    if (gate.op === CX || gate.op === OPAQUE) {
      for (const q of qubitsOf(gate)) close(q);
      out.push(other(gate));
    } else (open[gate.q] as Gate[]).push(gate);
  }
  for (let q = 0; q < qubits; q++) close(q);
  return out;
}

/** A run on one qubit as one matrix. */
export const matrixOfRun = (run: readonly Gate[]): Matrix =>
  run.reduce<Matrix>((m, gate) => multiply(matrixOfGate(gate), m), IDENTITY);

/**
 * Single-qubit resynthesis: each run becomes its Euler form Rz H Rz H Rz, or a shorter one, where that is fewer gates. A run of
 * Clifford+T gates stays one: angles outside the gate set would be worth less than the gates they save.
 */
export function shortenRuns(gates: readonly Gate[], qubits: number): Gate[] {
  const shorten = (run: readonly Gate[], q: number): readonly Gate[] => {
    if (run.length < 2 || run.some(isSymbolic)) return run;
    const shorter = eulerForm(matrixOfRun(run), q);
    return acceptable(run, shorter) ? shorter : run;
  };
  return rewriteRuns(gates, qubits, shorten, (gate) => gate);
}

const IDENTITY: Matrix = Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0);

/** Fewer gates, no more rotations outside the Clifford group, and Clifford+T stays Clifford+T. */
function acceptable(before: readonly Gate[], after: readonly Gate[]): boolean {
  if (after.length >= before.length) return false;
  return keepsGateSet(before, after);
}

export function keepsGateSet(before: readonly Gate[], after: readonly Gate[]): boolean {
  const arbitrary = (gate: Gate): boolean => gate.op === RZ && !isClifford(gate.phase) && !isT(gate.phase);
  const nonClifford = (gate: Gate): boolean => gate.op === RZ && !isClifford(gate.phase);
  if (!before.some(arbitrary) && after.some(arbitrary)) return false;
  const count = (gates: readonly Gate[], which: (gate: Gate) => boolean): number => gates.filter(which).length;
  return (
    count(after, nonClifford) <= count(before, nonClifford) &&
    count(after, ({ op, phase }) => op === RZ && isT(phase)) <=
      count(before, ({ op, phase }) => op === RZ && isT(phase))
  );
}

/** A 2 x 2 unitary as at most five gates. */
export function eulerForm(m: Matrix, q: number): Gate[] {
  const [theta, phi, lambda] = eulerAngles(m);
  const middle = phaseOfAngle(theta);
  const first = phaseOfAngle(lambda);
  const last = phaseOfAngle(phi);
  const form = (): Gate[] => {
    if (middle.eighths === 0 && middle.rest === 0) return [rzGate(q, addPhases(first, last))];
    // u(pi, phi, lambda) is X between phases; carried to one side they are phi - lambda + pi.
    if (isClifford(middle) && middle.eighths === 4)
      return [xGate(q), rzGate(q, addPhases(addPhases(last, first, -1), phaseOf(4)))];
    // u(pi/2, phi, lambda) = Rz(phi) H Rz(lambda + pi).
    if (isClifford(middle)) return [rzGate(q, addPhases(first, phaseOf(4))), hGate(q), rzGate(q, last)];
    return [
      rzGate(q, addPhases(first, phaseOf(-2))),
      hGate(q),
      rzGate(q, middle),
      hGate(q),
      rzGate(q, addPhases(last, phaseOf(2))),
    ];
  };
  return form().filter((gate) => !isNothing(gate));
}
