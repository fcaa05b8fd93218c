import { gate as stepOf } from '../circuit/builder.ts';
import type { GateName, UnitaryStep } from '../circuit/circuit.ts';
import { CX, H, hGate, opaqueGate, qubitsOf, RZ, type Gate } from './gates.ts';
import { emitRun } from './emit-run.ts';
import { angleOfPhase } from './phase.ts';
import { rewriteRuns, shortenRuns } from './runs.ts';

/** Names of the gates in the input, a `c` in front for each control: the output keeps to them where it can. */
export type Vocabulary = ReadonlySet<string>;

export function vocabularyOf(steps: readonly UnitaryStep[]): Vocabulary {
  return new Set(
    steps.map((step) => (step.kind === 'gate' ? 'c'.repeat(step.controls.length) + step.name : 'unitary')),
  );
}

/** The optimiser's gates as steps of the circuit representation, in each way worth comparing; the caller takes the cheapest. */
export function emit(gates: readonly Gate[], qubits: number, words: Vocabulary): UnitaryStep[][] {
  const forms: Gate[][] = [fused(gates, words)];
  if (words.has('cz')) forms.push(shortenRuns(withCz(gates), qubits));
  return forms.map((form) => rewriteRuns<UnitaryStep>(form, qubits, (run, q) => emitRun(run, q, words), emitOther));
}

function emitOther(gate: Gate): UnitaryStep {
  if (gate.op === CX) return stepOf('x', [gate.t], [], [gate.q]);
  return gate.step as UnitaryStep;
}

const cz = (a: number, b: number): Gate => opaqueGate(stepOf('z', [b], [], [a]), true);

/** Every CX as a CZ between Hadamards, for inputs that speak CZ. */
const withCz = (gates: readonly Gate[]): Gate[] =>
  gates.flatMap((gate) => (gate.op === CX ? [hGate(gate.t), cz(gate.q, gate.t), hGate(gate.t)] : [gate]));

/** Patterns of several gates that the input has a name for: H CX H, CX Rz CX, three CX of a swap. */
function fused(gates: readonly Gate[], words: Vocabulary): Gate[] {
  const slots: (Gate | null)[] = [...gates];
  for (let i = 0; i < slots.length; i++) {
    const gate = slots[i];
    if (gate === null || gate === undefined || gate.op !== CX) continue;
    if (words.has('rzz')) fuseParity(slots, i, gate);
    if (words.has('swap') && slots[i] === gate) fuseSwap(slots, i, gate);
    if (words.has('cz') && slots[i] === gate) fuseCz(slots, i, gate);
  }
  return slots.filter((gate): gate is Gate => gate !== null);
}

/** Patterns further apart are not looked for: a qubit that is never used again would cost a look at everything. */
const LOOK_MAX = 2_000;

/** Index of the next gate on qubit q from i in a direction; -1 where there is none. */
function next(slots: readonly (Gate | null)[], i: number, q: number, step: 1 | -1): number {
  for (let j = i + step; j >= 0 && j < slots.length && Math.abs(j - i) <= LOOK_MAX; j += step) {
    const gate = slots[j];
    if (gate !== null && gate !== undefined && qubitsOf(gate).includes(q)) return j;
  }
  return -1;
}

function fuseParity(slots: (Gate | null)[], i: number, { q, t }: Gate): void {
  const j = next(slots, i, t, 1);
  const k = next(slots, i, q, 1);
  const [turn, end] = [slots[j], slots[k]];
  if (turn?.op !== RZ || end?.op !== CX || end.q !== q || end.t !== t || next(slots, j, t, 1) !== k) return;
  slots[i] = opaqueGate(stepOf('rzz', [q, t], [angleOfPhase(turn.phase)]), true);
  slots[j] = null;
  slots[k] = null;
}

function fuseSwap(slots: (Gate | null)[], i: number, { q, t }: Gate): void {
  const j = next(slots, i, q, 1);
  const k = next(slots, j, q, 1);
  const [second, third] = [slots[j], slots[k]];
  if (j < 0 || k < 0 || next(slots, i, t, 1) !== j || next(slots, j, t, 1) !== k) return;
  if (second?.op !== CX || second.q !== t || second.t !== q || third?.op !== CX || third.q !== q || third.t !== t)
    return;
  slots[i] = opaqueGate(stepOf('swap' satisfies GateName, [q, t]), false);
  slots[j] = null;
  slots[k] = null;
}

function fuseCz(slots: (Gate | null)[], i: number, { q, t }: Gate): void {
  const before = next(slots, i, t, -1);
  const after = next(slots, i, t, 1);
  if (slots[before]?.op !== H || slots[after]?.op !== H) return;
  slots[before] = null;
  slots[after] = null;
  slots[i] = cz(q, t);
}
