import type { GateOperation, UnitaryStep } from '../circuit/circuit.ts';
import { inverseOf } from '../circuit/builder.ts';
import { matrixOf } from '../circuit/gate-table.ts';
import { CX, isNothing, OPAQUE, opaqueGate, RZ, type Gate } from './gates.ts';
import { addPhases, angleOfPhase, isZeroPhase, phaseOfAngle } from './phase.ts';

/** Gates of one angle whose angles add up when they follow each other on the same qubits. `true`: period 2 pi, else 4 pi. */
const ADDITIVE: ReadonlyMap<string, boolean> = new Map([
  ['p', true],
  ['rz', false],
  ['rx', false],
  ['ry', false],
  ['rxx', false],
  ['ryy', false],
  ['rzz', false],
  ['rzx', false],
]);
/** Equal matrices up to rounding of a product. */
const MATRIX_ERROR_MAX = 1e-12;

/**
 * Carries the opaque step at `i` forward to one on the same qubits that undoes it or whose angle adds to it. What lies between
 * must share no qubit with it, or be diagonal on the shared ones as the step itself.
 */
export function mergeOpaque(slots: (Gate | null)[], i: number, reach: number): boolean {
  const taken = slots[i] as Gate;
  const end = Math.min(slots.length, i + reach + 1);
  for (let j = i + 1; j < end; j++) {
    const gate = slots[j] as Gate | null;
    if (gate === null || isNothing(gate)) continue;
    if (gate.op === OPAQUE && sameQubits(taken.step as UnitaryStep, gate.step as UnitaryStep)) {
      const joined = join(taken.step as UnitaryStep, gate.step as UnitaryStep);
      if (joined !== null) {
        slots[i] = null;
        slots[j] = joined === 'nothing' ? null : opaqueGate(joined, gate.diagonal);
        return true;
      }
    }
    if (!commutes(taken, gate)) return false;
  }
  return false;
}

function commutes(opaque: Gate, gate: Gate): boolean {
  const shared = (q: number): boolean => opaque.qubits.includes(q);
  if (gate.op === CX) return !shared(gate.t) && (!shared(gate.q) || opaque.diagonal);
  if (gate.op === OPAQUE) return !gate.qubits.some(shared) || (opaque.diagonal && gate.diagonal);
  return !shared(gate.q) || (gate.op === RZ && opaque.diagonal);
}

/** A phase where all qubits are 1: targets and controls are alike. */
const isPhase = (step: UnitaryStep): boolean => step.kind === 'gate' && PHASES.has(step.name);
const PHASES: ReadonlySet<string> = new Set(['p', 'z', 's', 'sdg', 't', 'tdg']);

/** The same targets in the same order, or in any order where the gate does not tell them apart; controls in any order. */
function sameQubits(a: UnitaryStep, b: UnitaryStep): boolean {
  if (isPhase(a) && isPhase(b)) {
    const on = [...b.targets, ...b.controls];
    return (
      a.targets.length + a.controls.length === on.length && [...a.targets, ...a.controls].every((q) => on.includes(q))
    );
  }
  if (a.targets.length !== b.targets.length || a.controls.length !== b.controls.length) return false;
  if (!a.controls.every((q) => b.controls.includes(q))) return false;
  if (a.targets.every((q, k) => q === b.targets[k])) return true;
  const symmetric = a.kind === 'gate' && ['swap', 'iswap', 'rxx', 'ryy', 'rzz'].includes(a.name);
  return symmetric && a.targets.every((q) => b.targets.includes(q));
}

/** b after a, as one step; 'nothing' for the identity; null where they stay two. */
function join(a: UnitaryStep, b: UnitaryStep): UnitaryStep | 'nothing' | null {
  const undo = inverseOf(a);
  if (a.kind === 'gate' && b.kind === 'gate') {
    if (undo.kind === 'gate' && undo.name === b.name && sameParams(undo, b)) return 'nothing';
    if (a.name !== b.name || !ADDITIVE.has(a.name)) return null;
    return addAngles(a, b);
  }
  if (a.kind !== b.kind) return null;
  const wanted = matrixOf(undo, new Map());
  const found = matrixOf(b, new Map());
  if (wanted.length !== found.length) return null;
  return wanted.every((value, k) => Math.abs(value - (found[k] as number)) <= MATRIX_ERROR_MAX) ? 'nothing' : null;
}

/** Equal to the last bit of what the phases hold; a difference of 2 pi counts as equal only where the period is 2 pi. */
function sameParams(a: GateOperation, b: GateOperation): boolean {
  return a.params.every((angle, k) => {
    const other = b.params[k] ?? Number.NaN;
    if (typeof angle === 'number' && typeof other === 'number') return Math.abs(angle - other) <= MATRIX_ERROR_MAX;
    return isZeroPhase(addPhases(phaseOfAngle(angle), phaseOfAngle(other), -1));
  });
}

function addAngles(a: GateOperation, b: GateOperation): UnitaryStep | 'nothing' | null {
  const [x, y] = [a.params[0] ?? Number.NaN, b.params[0] ?? Number.NaN];
  const period = ADDITIVE.get(a.name) === true || a.controls.length === 0 ? 2 * Math.PI : 4 * Math.PI;
  if (typeof x === 'number' && typeof y === 'number') {
    const sum = x + y - period * Math.round((x + y) / period);
    return Math.abs(sum) <= MATRIX_ERROR_MAX ? 'nothing' : { ...b, params: [sum] };
  }
  // A phase is known modulo 2 pi only, which would lose the sign of a controlled rotation.
  if (period !== 2 * Math.PI) return null;
  const sum = addPhases(phaseOfAngle(x), phaseOfAngle(y));
  return isZeroPhase(sum) ? 'nothing' : { ...b, params: [angleOfPhase(sum)] };
}
