import { assert } from '../../lib/assert.ts';
import type { GateName } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { native, type Gate } from './gate.ts';

/**
 * Gates of the representation that the libraries of OpenQASM lack, as definitions for printed programs. Every definition equals
 * its gate exactly, global phase included, so that controls on it are right. The parser knows these definitions letter for
 * letter and turns them back into the gate.
 */
export interface OwnDefinition {
  readonly name: string;
  readonly text: string;
  /** Other own definitions that this one calls, in no order. */
  readonly needs: readonly string[];
  readonly gate: Gate;
}

/** A decomposition needs about 16 n^2 Toffoli gates for n controls; more than 64 are a case for OpenQASM 3. */
export const CONTROLS_MAX_2 = 64;

/** What qelib1.inc calls a gate with so many controls: the names that are old enough for most readers. */
const NAMES_2: Readonly<Partial<Record<GateName, readonly string[]>>> = {
  id: ['id'],
  x: ['x', 'cx', 'ccx'],
  y: ['y', 'cy'],
  z: ['z', 'cz'],
  h: ['h', 'ch'],
  s: ['s'],
  sdg: ['sdg'],
  t: ['t'],
  tdg: ['tdg'],
  sx: ['sx'],
  sxdg: ['sxdg'],
  rx: ['rx', 'crx'],
  ry: ['ry', 'cry'],
  rz: ['rz', 'crz'],
  p: ['u1', 'cu1'],
  u: ['u3', 'cu3'],
  swap: ['swap', 'cswap'],
  rxx: ['rxx'],
  rzz: ['rzz'],
};

/** Base gates that need a definition in the version, by the name of the definition. */
const DEFINED_2: Readonly<Partial<Record<GateName, string>>> = {
  gphase: 'gphase',
  ryy: 'ryy',
  rzx: 'rzx',
  iswap: 'iswap',
  ecr: 'ecr',
  xxplusyy: 'xx_plus_yy',
};
const DEFINED_3: Readonly<Partial<Record<GateName, string>>> = {
  ...DEFINED_2,
  sxdg: 'sxdg',
  u: 'u',
  rxx: 'rxx',
  rzz: 'rzz',
};

/** The name under which OpenQASM 2 calls this gate: of qelib1.inc or of an own definition. */
export function nameIn2(base: GateName, controls: number): string {
  const known = NAMES_2[base]?.[controls];
  if (known !== undefined) return known;
  return controls === 0 ? (DEFINED_2[base] ?? base) : `c${controls}_${base}`;
}

/** The name of the gate without controls in OpenQASM 3. */
export const nameIn3 = (base: GateName): string => (base === 'gphase' ? base : (DEFINED_3[base] ?? base));

/** The own definition of this name, or null: the name of another gate, or too many controls. */
export function ownDefinition(name: string, version: 2 | 3): OwnDefinition | null {
  const plain = Object.entries(version === 2 ? DEFINED_2 : DEFINED_3).find(([, own]) => own === name)?.[0];
  if (plain !== undefined && !(plain === 'gphase' && version === 3)) return plainDefinition(name, plain as GateName);
  if (version === 3) return null;
  const [, count, base] = /^c([1-9]\d?)_([a-z]+)$/.exec(name) ?? [];
  if (base !== undefined && Object.hasOwn(GATES, base)) return controlled(name, base as GateName, Number(count));
  const [, dirty] = /^x([1-9]\d?)_borrowing$/.exec(name) ?? [];
  return dirty === undefined ? null : borrowing(name, Number(dirty));
}

const LETTERS = ['a', 'b'];
const PLAIN: Readonly<Partial<Record<GateName, readonly string[]>>> = {
  gphase: ['u1(theta) a;', 'x a;', 'u1(theta) a;', 'x a;'],
  sxdg: ['h a;', 'sdg a;', 'h a;'],
  u: ['gphase(-theta/2);', 'U(theta, phi, lambda) a;'],
  rxx: ['h a;', 'h b;', 'cx a, b;', 'rz(theta) b;', 'cx a, b;', 'h a;', 'h b;'],
  ryy: ['rx(pi/2) a;', 'rx(pi/2) b;', 'cx a, b;', 'rz(theta) b;', 'cx a, b;', 'rx(-pi/2) a;', 'rx(-pi/2) b;'],
  rzz: ['cx a, b;', 'rz(theta) b;', 'cx a, b;'],
  rzx: ['h b;', 'cx a, b;', 'rz(theta) b;', 'cx a, b;', 'h b;'],
  iswap: ['s a;', 's b;', 'h a;', 'cx a, b;', 'cx b, a;', 'h b;'],
  ecr: ['rzx(pi/4) a, b;', 'x a;', 'rzx(-pi/4) a, b;'],
  xxplusyy: ['rz(beta) a;', 'rxx(theta/2) a, b;', 'ryy(theta/2) a, b;', 'rz(-beta) a;'],
};

function plainDefinition(name: string, base: GateName): OwnDefinition | null {
  const body = PLAIN[base];
  if (body === undefined) return null;
  // OpenQASM 2 has no gate without qubits: a global phase is put on one of them.
  if (base === 'gphase') return definition(name, ['theta'], ['a'], body, without(name, 'gphase', 0));
  return definition(name, GATES[base].params, LETTERS.slice(0, GATES[base].targets), body, native(name, base));
}

/** The gate on all operands but the last, which it leaves alone. */
function without(name: string, base: GateName, controls: number): Gate {
  const gate = native(name, base, controls);
  return {
    ...gate,
    qubits: gate.qubits + 1,
    build: (params, qubits, out) => gate.build(params, qubits.slice(0, -1), out),
  };
}

function definition(
  name: string,
  params: readonly string[],
  qubits: readonly string[],
  body: readonly string[],
  gate: Gate,
): OwnDefinition {
  const angles = params.length === 0 ? '' : `(${params.join(', ')})`;
  const called = [...new Set(body.map((call) => /^\w+/.exec(call)?.[0] ?? ''))];
  const own = /^(?:c\d+_\w+|x\d+_borrowing|gphase|ryy|rzx|rxx|rzz|u|sxdg)$/;
  return {
    name,
    text: `gate ${name}${angles} ${qubits.join(', ')} { ${body.join(' ')} }`,
    needs: called.filter((other) => own.test(other)),
    gate,
  };
}

/** `base` with `count` controls in OpenQASM 2, q0 first, the targets last. Null where qelib1.inc has it. */
function controlled(name: string, base: GateName, count: number): OwnDefinition | null {
  const { targets, params } = GATES[base];
  if (count > CONTROLS_MAX_2 || targets === 0 || base === 'id' || nameIn2(base, count) !== name) return null;
  const qubits = Array.from({ length: count + targets }, (_, i) => `q${i}`);
  const controls = qubits.slice(0, count);
  const [a = '', b = ''] = qubits.slice(count);
  return definition(name, params, qubits, controlledBody(base, controls, a, b), native(name, base, count));
}

const angle = (text: string): string => (text === '' ? '' : `(${text})`);

function call(base: GateName, controls: readonly string[], targets: readonly string[], text = ''): string {
  return `${nameIn2(base, controls.length)}${angle(text)} ${[...controls, ...targets].join(', ')};`;
}

/** The names of phases by their angle. */
const PHASES: Readonly<Partial<Record<GateName, string>>> = {
  z: 'pi',
  s: 'pi/2',
  sdg: '-pi/2',
  t: 'pi/4',
  tdg: '-pi/4',
};

/** Barenco et al. 1995 (arXiv:quant-ph/9503016): only the middle of a conjugation needs the controls. */
function controlledBody(base: GateName, controls: readonly string[], a: string, b: string): readonly string[] {
  const c = (gate: GateName, targets: readonly string[], text = ''): string => call(gate, controls, targets, text);
  const phase = PHASES[base];
  if (phase !== undefined) return [c('p', [a], phase)];
  if (base === 'p') return phaseBody(controls, a);
  if (base === 'x') return [`h ${a};`, c('p', [a], 'pi'), `h ${a};`];
  if (base === 'y') return [`sdg ${a};`, c('x', [a]), `s ${a};`];
  if (base === 'h') return [`ry(-pi/4) ${a};`, c('z', [a]), `ry(pi/4) ${a};`];
  if (base === 'sx') return [`h ${a};`, c('p', [a], 'pi/2'), `h ${a};`];
  if (base === 'sxdg') return [`h ${a};`, c('p', [a], '-pi/2'), `h ${a};`];
  if (base === 'rx') return [`h ${a};`, c('rz', [a], 'theta'), `h ${a};`];
  if (base === 'ry' || base === 'rz')
    return [`${base}(theta/2) ${a};`, c('x', [a]), `${base}(-theta/2) ${a};`, c('x', [a])];
  return base === 'u' ? unitaryBody(controls, a) : pairBody(base, controls, a, b);
}

/** u = e^(i(phi+lambda)/2) rz(phi) ry(theta) rz(lambda); the phase goes to the controls (Barenco et al., lemma 5.2). */
function unitaryBody(controls: readonly string[], a: string): readonly string[] {
  const x = call('x', controls, [a]);
  return [
    call('p', controls.slice(0, -1), controls.slice(-1), '(phi+lambda)/2'),
    `u1((lambda-phi)/2) ${a};`,
    x,
    `u3(-theta/2, 0, -(phi+lambda)/2) ${a};`,
    x,
    `u3(theta/2, phi, 0) ${a};`,
  ];
}

function pairBody(base: GateName, controls: readonly string[], a: string, b: string): readonly string[] {
  const c = (gate: GateName, targets: readonly string[], text = ''): string => call(gate, controls, targets, text);
  const turn = (text: string): readonly string[] => [`rx(${text}) ${a};`, `rx(${text}) ${b};`];
  if (base === 'swap') return [`cx ${b}, ${a};`, call('x', [...controls, a], [b]), `cx ${b}, ${a};`];
  if (base === 'rzz') return [`cx ${a}, ${b};`, c('rz', [b], 'theta'), `cx ${a}, ${b};`];
  if (base === 'rzx') return [`h ${b};`, c('rzz', [a, b], 'theta'), `h ${b};`];
  if (base === 'rxx') return [`h ${a};`, `h ${b};`, c('rzz', [a, b], 'theta'), `h ${a};`, `h ${b};`];
  if (base === 'ryy') return [...turn('pi/2'), c('rzz', [a, b], 'theta'), ...turn('-pi/2')];
  if (base === 'iswap') return [c('rxx', [a, b], '-pi/2'), c('ryy', [a, b], '-pi/2')];
  if (base === 'ecr') return [c('rzx', [a, b], 'pi/4'), c('x', [a]), c('rzx', [a, b], '-pi/4')];
  assert(base === 'xxplusyy', `controlled ${base}`);
  return [`rz(beta) ${a};`, c('rxx', [a, b], 'theta/2'), c('ryy', [a, b], 'theta/2'), `rz(-beta) ${a};`];
}

/** A phase on n controls and a target: the parity of the last control with the others takes half of it (lemma 7.5). */
function phaseBody(controls: readonly string[], target: string): readonly string[] {
  const others = controls.slice(0, -1);
  const last = controls.at(-1) ?? '';
  const flip =
    others.length < 3 ? call('x', others, [last]) : `x${others.length}_borrowing ${[...controls, target].join(', ')};`;
  return [
    `cu1(theta/2) ${last}, ${target};`,
    flip,
    `cu1(-theta/2) ${last}, ${target};`,
    flip,
    call('p', others, [target], 'theta/2'),
  ];
}

/**
 * x with `count` controls; the last operand is borrowed: any state, and given back as it was (lemmas 7.2 and 7.3).
 * Operands: controls, target, borrowed qubit.
 */
function borrowing(name: string, count: number): OwnDefinition | null {
  if (count < 3 || count > CONTROLS_MAX_2) return null;
  const qubits = Array.from({ length: count + 2 }, (_, i) => `q${i}`);
  const controls = qubits.slice(0, count);
  const [target = '', borrowed = ''] = qubits.slice(count);
  const half = Math.ceil(count / 2);
  const first = ladder(controls.slice(0, half), borrowed, [...controls.slice(half), target]);
  const second = ladder([...controls.slice(half), borrowed], target, controls.slice(0, half));
  return definition(name, [], qubits, [...first, ...second, ...first, ...second], without(name, 'x', count));
}

/** x with m controls by Toffoli gates over m - 2 borrowed qubits (lemma 7.2). */
function ladder(controls: readonly string[], target: string, borrowed: readonly string[]): readonly string[] {
  const m = controls.length;
  if (m < 3) return [call('x', controls, [target])];
  const toffoli = (i: number): string =>
    `ccx ${controls[i + 1]}, ${i === 0 ? controls[0] : borrowed[i - 1]}, ${i === m - 2 ? target : borrowed[i]};`;
  const down = Array.from({ length: m - 3 }, (_, k) => toffoli(m - 3 - k));
  const inner = [...down, toffoli(0), ...down.toReversed()];
  const top = toffoli(m - 2);
  return [top, ...inner, top, ...inner];
}
