import { assert, at } from '../../lib/assert.ts';
import { combine, negate, type Angle } from '../circuit/angle.ts';
import type { GateOperation, UnitaryStep } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { cxGate, hGate, isNothing, opaqueGate, rzGate, tGate, xGate, type Gate } from './gates.ts';
import { phaseOfAngle } from './phase.ts';
import { eulerAngles } from './single-qubit.ts';

/** How far steps are taken apart: 'toffoli' leaves what is no H, X, Rz, CX, CCX or CCZ as it is, 'all' expands whatever has a known form. */
export type Lowering = 'toffoli' | 'all';

/** Steps as the optimiser's gates, in order of time, up to global phase. */
export function lower(steps: readonly UnitaryStep[], lowering: Lowering): Gate[] {
  const gates: Gate[] = [];
  for (const step of steps) lowerStep(step, lowering, gates);
  return gates.filter((gate) => !isNothing(gate));
}

function lowerStep(step: UnitaryStep, lowering: Lowering, into: Gate[]): void {
  const expanded =
    step.kind === 'unitary'
      ? step.controls.length === 0 && step.targets.length === 1
        ? rotations(step.matrix, at(step.targets, 0))
        : null
      : (basic(step) ?? (lowering === 'all' ? composite(step) : null));
  if (expanded === null) into.push(opaqueGate(step, step.kind === 'gate' && GATES[step.name].diagonal));
  else for (const gate of expanded) into.push(gate);
}

/** Nam et al. (arXiv:1710.07345) figure 2: seven T, six CX, two H; without the Hadamards for CCZ. */
export function ccz(a: number, b: number, c: number): Gate[] {
  return [
    ...[cxGate(b, c), tGate(c, -1), cxGate(a, c), tGate(c, 1), cxGate(b, c), tGate(c, -1), cxGate(a, c)],
    ...[cxGate(a, b), tGate(b, -1), cxGate(a, b), tGate(a, 1), tGate(b, 1), tGate(c, 1)],
  ];
}

const rotate = (q: number, angle: Angle): Gate => rzGate(q, phaseOfAngle(angle));
const half = (angle: Angle): Angle => combine('divide', angle, 2);
const quarterMore = (angle: Angle): Angle => combine('add', angle, Math.PI / 2);

function rotations(matrix: Float64Array, q: number): Gate[] {
  const [theta, phi, lambda] = eulerAngles(matrix);
  return u(q, theta, phi, lambda);
}

/** u = Rz(phi + pi/2) H Rz(theta) H Rz(lambda - pi/2), right to left, as ry(t) = S H Rz(t) H S^dagger. */
const u = (q: number, theta: Angle, phi: Angle, lambda: Angle): Gate[] => [
  rotate(q, combine('subtract', lambda, Math.PI / 2)),
  hGate(q),
  rotate(q, theta),
  hGate(q),
  rotate(q, quarterMore(phi)),
];

/** One-qubit gates and the few controlled ones whose form is a given; null for others. */
function basic(step: GateOperation): Gate[] | null {
  const { name, params, targets, controls } = step;
  if (name === 'gphase') {
    // A controlled global phase is a phase on the control.
    if (controls.length === 0) return [];
    return controls.length === 1 ? [rotate(at(controls, 0), at(params, 0))] : null;
  }
  if (name === 'id') return [];
  const q = at(targets, 0);
  if (controls.length === 0) return GATES[name].targets === 1 ? oneQubit(name, q, params) : null;
  const a = at(controls, 0);
  if (controls.length === 1) return name === 'x' ? [cxGate(a, q)] : null;
  if (controls.length > 2 || (name !== 'x' && name !== 'z')) return null;
  const b = at(controls, 1);
  return name === 'z' ? ccz(a, b, q) : [hGate(q), ...ccz(a, b, q), hGate(q)];
}

const EIGHTHS: Readonly<Partial<Record<string, number>>> = { z: 4, s: 2, sdg: -2, t: 1, tdg: -1 };

function oneQubit(name: GateOperation['name'], q: number, params: readonly Angle[]): Gate[] {
  const eighths = EIGHTHS[name];
  if (eighths !== undefined) return [tGate(q, eighths)];
  switch (name) {
    case 'h':
      return [hGate(q)];
    case 'x':
      return [xGate(q)];
    case 'y':
      return [tGate(q, 4), xGate(q)];
    case 'sx':
      return [hGate(q), tGate(q, 2), hGate(q)];
    case 'sxdg':
      return [hGate(q), tGate(q, -2), hGate(q)];
    case 'rx':
      return [hGate(q), rotate(q, at(params, 0)), hGate(q)];
    case 'ry':
      return [tGate(q, -2), hGate(q), rotate(q, at(params, 0)), hGate(q), tGate(q, 2)];
    case 'rz':
    case 'p':
      return [rotate(q, at(params, 0))];
    default:
      assert(name === 'u', `${name} is no gate on one qubit`);
      return u(q, at(params, 0), at(params, 1), at(params, 2));
  }
}

/** Two-qubit gates (and cswap) over the optimiser's gates; null where no form is known. */
function composite(step: GateOperation): Gate[] | null {
  const { name, params, targets, controls } = step;
  if (controls.length === 1 && GATES[name].targets === 1)
    return controlled(name, at(controls, 0), at(targets, 0), params);
  if (targets.length !== 2) return null;
  const [a, b] = [at(targets, 0), at(targets, 1)];
  if (controls.length === 1 && name === 'swap') {
    const c = at(controls, 0);
    return [cxGate(b, a), hGate(b), ...ccz(c, a, b), hGate(b), cxGate(b, a)];
  }
  if (controls.length > 0) return null;
  const angle = params[0] ?? 0;
  const rzz = [cxGate(a, b), rotate(b, angle), cxGate(a, b)];
  const around = (before: readonly Gate[], after: readonly Gate[]): Gate[] => [...before, ...rzz, ...after];
  switch (name) {
    case 'swap':
      return [cxGate(a, b), cxGate(b, a), cxGate(a, b)];
    case 'iswap':
      // swap, cz and s on both.
      return [tGate(a, 2), tGate(b, 2), hGate(a), cxGate(a, b), cxGate(b, a), hGate(b)];
    case 'ecr':
      // X on the first after a quarter turn about Z on the first times X on the second.
      return [hGate(b), cxGate(a, b), tGate(b, 2), cxGate(a, b), hGate(b), xGate(a)];
    case 'rzz':
      return rzz;
    case 'rxx':
      return around([hGate(a), hGate(b)], [hGate(a), hGate(b)]);
    case 'rzx':
      return around([hGate(b)], [hGate(b)]);
    case 'ryy': {
      const into = [tGate(a, -2), hGate(a), tGate(b, -2), hGate(b)];
      return around(into, [hGate(a), tGate(a, 2), hGate(b), tGate(b, 2)]);
    }
    default:
      return null;
  }
}

function controlled(name: GateOperation['name'], c: number, t: number, params: readonly Angle[]): Gate[] | null {
  const flip = cxGate(c, t);
  const phased = (angle: Angle): Gate[] => [
    rotate(c, half(angle)),
    rotate(t, half(angle)),
    flip,
    rotate(t, negate(half(angle))),
    flip,
  ];
  const turned = (angle: Angle): Gate[] => [rotate(t, half(angle)), flip, rotate(t, negate(half(angle))), flip];
  const eighths = EIGHTHS[name];
  if (name === 'z') return [hGate(t), flip, hGate(t)];
  if (eighths !== undefined) return phased((eighths * Math.PI) / 4);
  const [theta, phi, lambda] = [params[0] ?? 0, params[1] ?? 0, params[2] ?? 0];
  switch (name) {
    case 'y':
      return [tGate(t, -2), flip, tGate(t, 2)];
    case 'h':
      // H = A X A^dagger with A = S^dagger H T^dagger.
      return [tGate(t, 2), hGate(t), tGate(t, 1), flip, tGate(t, -1), hGate(t), tGate(t, -2)];
    case 'sx':
    case 'sxdg':
      return [hGate(t), ...phased(name === 'sx' ? Math.PI / 2 : -Math.PI / 2), hGate(t)];
    case 'p':
      return phased(theta);
    case 'rz':
      return turned(theta);
    case 'rx':
      return [hGate(t), ...turned(theta), hGate(t)];
    case 'ry':
      return [tGate(t, -2), hGate(t), ...turned(theta), hGate(t), tGate(t, 2)];
    case 'u':
      return controlledU(c, t, theta, phi, lambda);
    default:
      return null;
  }
}

/** The controlled u of OpenQASM 2's qelib1 (cu3): two CX. */
function controlledU(c: number, t: number, theta: Angle, phi: Angle, lambda: Angle): Gate[] {
  const mean = half(combine('add', phi, lambda));
  return [
    rotate(c, mean),
    rotate(t, half(combine('subtract', lambda, phi))),
    cxGate(c, t),
    ...u(t, negate(half(theta)), 0, negate(mean)),
    cxGate(c, t),
    ...u(t, half(theta), phi, 0),
  ];
}
