import { gate as stepOf } from '../circuit/builder.ts';
import type { Angle } from '../circuit/angle.ts';
import type { GateName, UnitaryStep } from '../circuit/circuit.ts';
import { GATES, type Matrix } from '../circuit/gate-table.ts';
import type { Vocabulary } from './emit.ts';
import { H, RZ, type Gate } from './gates.ts';
import { addPhases, angleOfPhase, isClifford, isT, isZeroPhase, phaseOf, phaseOfAngle, type Phase } from './phase.ts';
import { isSymbolic, matrixOfRun } from './runs.ts';
import { eulerAngles } from './single-qubit.ts';

/**
 * The shortest way to write a run of one-qubit gates with gates that the input uses: named gates, rx, ry, sx or u where it has
 * them, H, X and rotations about Z anyway. A run with T gates is written gate by gate, or with rx and ry about whole quarter
 * turns: another angle would hide its T gates, not save them.
 */
export function emitRun(run: readonly Gate[], q: number, words: Vocabulary): readonly UnitaryStep[] {
  const forms = [plainly(run, words), byPatterns(run, q, words)];
  if (!run.some(isSymbolic) && !run.some(({ op, phase }) => op === RZ && isT(phase)))
    forms.push(...byAngles(run, q, words));
  const foreign = (steps: readonly UnitaryStep[]): number =>
    steps.filter((step) => !words.has(step.kind === 'gate' ? step.name : '')).length;
  let best = forms[0] as readonly UnitaryStep[];
  for (const form of forms)
    if (form.length < best.length || (form.length === best.length && foreign(form) < foreign(best))) best = form;
  return best;
}

const NAMED: readonly (GateName | null)[] = [null, 't', null, null, 'z', null, 'sdg', 'tdg'];

/** A rotation about Z: by name where the input has such names or no rotation gate, else as rz or p. */
function zStep(q: number, phase: Phase, words: Vocabulary): UnitaryStep {
  const spelled = ['t', 'tdg', 's', 'sdg', 'z'].some((name) => words.has(name)) || !(words.has('rz') || words.has('p'));
  const name = phase.eighths === 2 ? 's' : NAMED[phase.eighths];
  if (spelled && (isClifford(phase) || isT(phase)) && name !== null && name !== undefined) return stepOf(name, [q]);
  return stepOf(words.has('rz') || !words.has('p') ? 'rz' : 'p', [q], [angleOfPhase(phase)]);
}

const plain = (gate: Gate, words: Vocabulary): UnitaryStep =>
  gate.op === RZ ? zStep(gate.q, gate.phase, words) : stepOf(gate.op === H ? 'h' : 'x', [gate.q]);

const plainly = (run: readonly Gate[], words: Vocabulary): UnitaryStep[] => run.map((gate) => plain(gate, words));

/** Looks for H Rz H in the run: an rx, or with the phases around it a ry or u. Works for symbolic angles too. */
function byPatterns(run: readonly Gate[], q: number, words: Vocabulary): UnitaryStep[] {
  const out: UnitaryStep[] = [];
  for (let i = 0; i < run.length;) {
    const found = patternAt(run, i, q, words);
    if (found === null) out.push(plain(run[i++] as Gate, words));
    else {
      for (const step of found.steps) out.push(step);
      i += found.length;
    }
  }
  return out;
}

function patternAt(
  run: readonly Gate[],
  i: number,
  q: number,
  words: Vocabulary,
): { readonly steps: UnitaryStep[]; readonly length: number } | null {
  const lead = (run[i] as Gate).op === RZ ? 1 : 0;
  const [a, middle, b] = [run[i + lead], run[i + lead + 1], run[i + lead + 2]];
  if (a?.op !== H || middle?.op !== RZ || b?.op !== H || isT(middle.phase)) return null;
  const tail = run[i + lead + 3]?.op === RZ ? 1 : 0;
  const first = lead === 1 ? (run[i] as Gate).phase : phaseOf(0);
  const last = tail === 1 ? (run[i + lead + 3] as Gate).phase : phaseOf(0);
  const length = lead + 3 + tail;
  const theta = angleOfPhase(middle.phase);
  const hasT = isT(first) || isT(last);
  if (words.has('u') && !hasT && length > 1) {
    const [phi, lambda] = [addPhases(last, phaseOf(-2)), addPhases(first, phaseOf(2))];
    return { steps: [stepOf('u', [q], [theta, angleOfPhase(phi), angleOfPhase(lambda)])], length };
  }
  const around = (before: Phase, name: GateName, after: Phase): UnitaryStep[] => [
    ...(isZeroPhase(before) ? [] : [zStep(q, before, words)]),
    stepOf(name, [q], [theta]),
    ...(isZeroPhase(after) ? [] : [zStep(q, after, words)]),
  ];
  // ry = S rx S^dagger.
  const forms = [
    ...(words.has('rx') ? [around(first, 'rx', last)] : []),
    ...(words.has('ry') ? [around(addPhases(first, phaseOf(2)), 'ry', addPhases(last, phaseOf(-2)))] : []),
  ].toSorted((x, y) => x.length - y.length);
  const best = forms[0];
  return best === undefined || best.length >= length ? null : { steps: best, length };
}

const FIXED: readonly GateName[] = ['x', 'y', 'z', 'h', 's', 'sdg', 'sx', 'sxdg'];
/** Matrices equal up to phase within this are the same gate. */
const SAME_MAX = 1e-11;

function byAngles(run: readonly Gate[], q: number, words: Vocabulary): UnitaryStep[][] {
  const m = matrixOfRun(run);
  const [theta, phi, lambda] = eulerAngles(m);
  const forms: UnitaryStep[][] = FIXED.filter(
    (name) => (words.has(name) || name === 'x' || name === 'h') && same(m, GATES[name].matrix([])),
  ).map((name) => [stepOf(name, [q])]);
  const z = (angle: number): UnitaryStep[] => {
    const phase = phaseOfAngle(angle);
    return isZeroPhase(phase) ? [] : [zStep(q, phase, words)];
  };
  const turn = (name: GateName, angle: Angle): UnitaryStep[] => [stepOf(name, [q], [angle])];
  const half = Math.PI / 2;
  if (isZeroPhase(phaseOfAngle(theta))) forms.push(z(phi + lambda));
  if (words.has('u')) forms.push([stepOf('u', [q], [theta, phi, lambda])]);
  // A rotation by -theta stands between phases that are pi further.
  for (const [sign, more] of [
    [1, 0],
    [-1, Math.PI],
  ] as const) {
    if (words.has('ry')) forms.push([...z(lambda + more), ...turn('ry', sign * theta), ...z(phi + more)]);
    if (words.has('rx')) forms.push([...z(lambda - half + more), ...turn('rx', sign * theta), ...z(phi + half + more)]);
  }
  if (words.has('sx')) {
    if (Math.abs(theta - half) < SAME_MAX) forms.push([...z(lambda - half), stepOf('sx', [q]), ...z(phi + half)]);
    else forms.push([...z(lambda), stepOf('sx', [q]), ...z(theta + Math.PI), stepOf('sx', [q]), ...z(phi + Math.PI)]);
  }
  return forms;
}

/** Entry by entry after the phase between them is taken out: an overlap would hide angles up to the root of the error. */
function same(a: Matrix, b: Matrix): boolean {
  let re = 0;
  let im = 0;
  for (let i = 0; i < 8; i += 2) {
    re += (a[i] as number) * (b[i] as number) + (a[i + 1] as number) * (b[i + 1] as number);
    im += (a[i] as number) * (b[i + 1] as number) - (a[i + 1] as number) * (b[i] as number);
  }
  const size = Math.hypot(re, im);
  for (let i = 0; i < 8; i += 2) {
    const x = (a[i] as number) * re - (a[i + 1] as number) * im - (b[i] as number) * size;
    const y = (a[i] as number) * im + (a[i + 1] as number) * re - (b[i + 1] as number) * size;
    if (Math.hypot(x, y) > SAME_MAX * size) return false;
  }
  return size > 0;
}
