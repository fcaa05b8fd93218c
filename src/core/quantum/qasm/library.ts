import { combine, negate, type Angle } from '../circuit/angle.ts';
import { composed, native, type Gate, type Step } from './gate.ts';

/**
 * The gates that programs find in libraries, as gates of the representation.
 * OpenQASM 2: qelib1.inc (arXiv:1707.03429, figure 4) and what Qiskit added to it. Phases follow Qiskit: rz is
 * diag(e^(-i phi/2), e^(i phi/2)), where the original file has diag(1, e^(i phi)).
 * OpenQASM 3: stdgates.inc; Amazon Braket's names, which need no include.
 */

/** Given by the language itself. */
const U2: Gate = native('U', 'u');
const CX2: Gate = native('CX', 'x', 1);

const half = (angle: Angle): Angle => combine('divide', angle, 2);
const plus = (a: Angle | undefined, b: Angle | undefined): Angle => combine('add', a ?? Number.NaN, b ?? Number.NaN);
const minus = (a: Angle | undefined): Angle => negate(a ?? Number.NaN);

/** A gate by a function of its angles and qubits. */
function made(
  name: string,
  params: number,
  qubits: number,
  cost: number,
  steps: (params: readonly Angle[], qubits: readonly number[]) => readonly Step[],
): Gate {
  return {
    name,
    params,
    qubits,
    cost,
    depth: 1,
    trusted: true,
    build: (angles, on, out) => {
      for (const step of steps(angles, on)) out.push(step);
    },
  };
}

const step = (
  name: Extract<Step, { kind: 'gate' }>['name'],
  params: readonly Angle[],
  targets: readonly (number | undefined)[],
  controls: readonly (number | undefined)[] = [],
): Step => ({ kind: 'gate', name, params, targets: targets as number[], controls: controls as number[] });

const u2 = made('u2', 2, 1, 1, (angles, qubits) => [step('u', [Math.PI / 2, ...angles], qubits)]);
const u0 = made('u0', 1, 1, 1, (_, qubits) => [step('id', [], qubits)]);
/** (theta, phi, lambda, gamma): the phase gamma belongs to the controlled gate. */
const cu = made('cu', 4, 2, 2, ([theta, phi, lambda, gamma], [control, target]) => [
  step('p', [gamma ?? Number.NaN], [control]),
  step('u', [theta ?? Number.NaN, phi ?? Number.NaN, lambda ?? Number.NaN], [target], [control]),
]);

const table = (gates: readonly Gate[]): ReadonlyMap<string, Gate> => new Map(gates.map((gate) => [gate.name, gate]));

const SINGLE = ['id', 'x', 'y', 'z', 'h', 's', 'sdg', 't', 'tdg', 'rx', 'ry', 'rz'] as const;
const FIXED: readonly Gate[] = [
  ...SINGLE.map((name) => native(name, name)),
  native('cx', 'x', 1),
  native('cy', 'y', 1),
  native('cz', 'z', 1),
  native('ch', 'h', 1),
  native('ccx', 'x', 2),
  native('crz', 'rz', 1),
];

/** The figure of the paper: a program may not define these again. */
const PAPER: readonly Gate[] = [
  ...FIXED,
  native('u3', 'u'),
  u2,
  native('u1', 'p'),
  native('cu1', 'p', 1),
  native('cu3', 'u', 1),
];

/** Later additions: older programs define some of them by themselves, which is allowed. */
const ADDED: readonly Gate[] = [
  u0,
  native('u', 'u'),
  native('p', 'p'),
  native('sx', 'sx'),
  native('sxdg', 'sxdg'),
  native('swap', 'swap'),
  native('cswap', 'swap', 1),
  native('crx', 'rx', 1),
  native('cry', 'ry', 1),
  native('cp', 'p', 1),
  native('csx', 'sx', 1),
  cu,
  native('rxx', 'rxx'),
  native('rzz', 'rzz'),
  native('c3x', 'x', 3),
  native('c3sqrtx', 'sx', 3),
  native('c4x', 'x', 4),
  // Not in any qelib1.inc, but Qiskit's names for gates of the representation.
  native('ryy', 'ryy'),
  native('rzx', 'rzx'),
  native('iswap', 'iswap'),
  native('ecr', 'ecr'),
  native('xx_plus_yy', 'xxplusyy'),
  native('ccz', 'z', 2),
  native('cs', 's', 1),
  native('csdg', 'sdg', 1),
];
const BASE = table([...PAPER, ...ADDED]);
const COMPOSED: readonly Gate[] = [
  composed('dcx', 2, 'cx 0 1, cx 1 0', BASE),
  // Relative-phase Toffoli gates (Maslov 2016, arXiv:1508.03273, figures 3 and 4).
  composed('rccx', 3, 'h 2, t 2, cx 1 2, tdg 2, cx 0 2, t 2, cx 1 2, tdg 2, h 2', BASE),
  composed(
    'rc3x',
    4,
    'h 3, t 3, cx 2 3, tdg 3, h 3, cx 0 3, t 3, cx 1 3, tdg 3, cx 0 3, t 3, cx 1 3, tdg 3, h 3, t 3, cx 2 3, tdg 3, h 3',
    BASE,
  ),
];

/** U of OpenQASM 3 is U of OpenQASM 2 times e^(i theta/2). */
const U3: Gate = made('U', 3, 1, 2, ([theta, ...others], qubits) => [
  step('gphase', [half(theta ?? Number.NaN)], []),
  step('u', [theta ?? Number.NaN, ...others], qubits),
]);
/** stdgates.inc puts u2 and u3 into SU(2): e^(-i(phi + lambda)/2) times those of OpenQASM 2. */
const STD_U2 = made('u2', 2, 1, 2, ([phi, lambda], qubits) => [
  step('gphase', [half(minus(plus(phi, lambda)))], []),
  step('u', [Math.PI / 2, phi ?? Number.NaN, lambda ?? Number.NaN], qubits),
]);
const STD_U3 = made('u3', 3, 1, 2, ([theta, phi, lambda], qubits) => [
  step('gphase', [half(minus(plus(phi, lambda)))], []),
  step('u', [theta ?? Number.NaN, phi ?? Number.NaN, lambda ?? Number.NaN], qubits),
]);
/** CX is an alias of cx by the text of the specification, although its definition in the file has a phase more. */
const STD: readonly Gate[] = [
  ...FIXED,
  CX2,
  STD_U2,
  STD_U3,
  native('u1', 'p'),
  native('p', 'p'),
  native('phase', 'p'),
  native('cp', 'p', 1),
  native('cphase', 'p', 1),
  native('sx', 'sx'),
  native('swap', 'swap'),
  native('cswap', 'swap', 1),
  native('crx', 'rx', 1),
  native('cry', 'ry', 1),
  cu,
];

const QUARTER = Math.PI / 2;
/** exp of an angle about an axis in the equator, phi from X: Braket's prx, gpi and gpi2. */
const equator = (theta: Angle, phi: Angle, qubits: readonly number[]): Step =>
  step('u', [theta, combine('subtract', phi, QUARTER), combine('subtract', QUARTER, phi)], qubits);

/** diag with e^(i angle) where the first qubit is `a` and the second `b`. */
const phaseWhere = (name: string, a: 0 | 1, b: 0 | 1): Gate =>
  made(name, 1, 2, 5, (angles, [first, second]) => {
    const flips = [...(a === 0 ? [step('x', [], [first])] : []), ...(b === 0 ? [step('x', [], [second])] : [])];
    return [...flips, step('p', angles, [second], [first]), ...flips];
  });

function molmerSorensen([phi0, phi1, theta]: readonly Angle[], [a, b]: readonly number[]): readonly Step[] {
  return [
    step('rz', [minus(phi0)], [a]),
    step('rz', [minus(phi1)], [b]),
    step('rxx', [theta ?? QUARTER], [a, b]),
    step('rz', [phi0 ?? Number.NaN], [a]),
    step('rz', [phi1 ?? Number.NaN], [b]),
  ];
}

/** Amazon Braket's gates (developer guide, "Gates"), where their names or matrices differ from the above. */
const BRAKET: readonly Gate[] = [
  native('i', 'id'),
  native('si', 'sdg'),
  native('ti', 'tdg'),
  native('v', 'sx'),
  native('vi', 'sxdg'),
  native('cv', 'sx', 1),
  native('cnot', 'x', 1),
  native('ccnot', 'x', 2),
  native('phaseshift', 'p'),
  native('cphaseshift', 'p', 1),
  phaseWhere('cphaseshift00', 0, 0),
  phaseWhere('cphaseshift01', 0, 1),
  phaseWhere('cphaseshift10', 1, 0),
  native('xx', 'rxx'),
  native('yy', 'ryy'),
  native('zz', 'rzz'),
  made('xy', 1, 2, 1, ([angle], qubits) => [step('xxplusyy', [minus(angle), 0], qubits)]),
  made('pswap', 1, 2, 4, ([angle], [a, b]) => [
    step('swap', [], [a, b]),
    step('x', [], [b], [a]),
    step('p', [angle ?? Number.NaN], [b]),
    step('x', [], [b], [a]),
  ]),
  made('gpi', 1, 1, 1, ([phi], qubits) => [
    step('u', [Math.PI, phi ?? Number.NaN, combine('subtract', Math.PI, phi ?? Number.NaN)], qubits),
  ]),
  made('gpi2', 1, 1, 1, ([phi], qubits) => [equator(QUARTER, phi ?? Number.NaN, qubits)]),
  made('prx', 2, 1, 1, ([theta, phi], qubits) => [equator(theta ?? Number.NaN, phi ?? Number.NaN, qubits)]),
  made('ms', 3, 2, 5, molmerSorensen),
];

const soft3 = [...ADDED.filter((gate) => !STD.some((std) => std.name === gate.name)), ...COMPOSED, ...BRAKET];

export interface Library {
  /** Known without an include; a program may not define them again. */
  readonly builtin: ReadonlyMap<string, Gate>;
  /** The include file and what it fixes: a program that includes it may not define these again. */
  readonly include: string;
  readonly hard: ReadonlyMap<string, Gate>;
  /** Known with the include (version 2) or always (version 3), unless the program defines them. */
  readonly soft: ReadonlyMap<string, Gate>;
}

export const LIBRARY_2: Library = {
  builtin: table([U2, CX2]),
  include: 'qelib1.inc',
  hard: table(PAPER),
  soft: table([...ADDED, ...COMPOSED]),
};

export const LIBRARY_3: Library = {
  builtin: table([U3, native('gphase', 'gphase')]),
  include: 'stdgates.inc',
  hard: table(STD),
  soft: table(soft3),
};
