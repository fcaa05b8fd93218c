import type { Circuit, GateName, Register } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { nameIn2, nameIn3, ownDefinition } from './own-definitions.ts';

/** Names of qubits, bits and parameters in a printed program. */
export interface Names {
  readonly declarations: readonly string[];
  readonly qubit: (index: number) => string;
  readonly bit: (index: number) => string;
  readonly parameter: (name: string) => string;
  /** Classical registers as they are declared, for conditions on a whole register. */
  readonly classical: readonly Register[];
}

const WORDS =
  'OPENQASM include qreg creg gate opaque if else measure reset barrier pi tau euler sin cos tan exp ln log sqrt U CX ' +
  'arcsin arccos arctan floor ceiling mod pow popcount rotl rotr sizeof real imag ctrl negctrl inv gphase qubit bit bool int ' +
  'uint float angle complex array void duration durationof stretch const input output let for in while box def defcal cal ' +
  'defcalgrammar extern return break continue end switch case default nop pragma readonly mutable delay true false im ' +
  'u u0 u1 u2 u3 id sx sxdg csx c3x c4x c3sqrtx cs csdg ccz cu cu1 cu3 cp crx cry crz cx cy cz ch ccx cswap dcx rccx rc3x ' +
  'phase cphase i si ti v vi cv cnot ccnot phaseshift cphaseshift cphaseshift00 cphaseshift01 cphaseshift10 xx yy zz xy ' +
  'pswap gpi gpi2 prx ms xx_plus_yy';
/** Words of both languages and names of their libraries: no register may be called so. */
const RESERVED = new Set([...WORDS.split(' '), ...Object.keys(GATES)]);

const NAME_2 = /^[a-z][A-Za-z0-9_]*$/;
const NAME_3 = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}_0-9]*$/u;

/** A name that the version allows and that nothing else has: the wish itself where possible. */
function free(wish: string, version: 2 | 3, fallback: string, taken: Set<string>): string {
  const allowed = (name: string): boolean =>
    (version === 2 ? NAME_2 : NAME_3).test(name) &&
    !RESERVED.has(name) &&
    !taken.has(name) &&
    ownDefinition(name, version) === null;
  let name = wish;
  for (let k = 0; !allowed(name); k++) name = `${fallback}${k === 0 ? '' : `_${k}`}`;
  taken.add(name);
  return name;
}

export function namesOf(circuit: Circuit, version: 2 | 3): Names {
  const taken = new Set<string>();
  // Parameters first: their names are what callers bind, registers are only labels.
  const parameters = new Map(circuit.parameters.map((name) => [name, free(name, version, 'theta', taken)]));
  const physical = version === 3 && circuit.quantumRegisters.length === 1 && circuit.quantumRegisters[0]?.name === '$';
  const quantum = registersOf(circuit.quantumRegisters, circuit.qubits, 'q', version, taken);
  const classical = registersOf(circuit.classicalRegisters, circuit.clbits, 'c', version, taken);
  const places = (registers: readonly Register[]): readonly string[] =>
    registers.flatMap(({ name, size }) => Array.from({ length: size }, (_, i) => `${name}[${i}]`));
  const qubits = physical ? Array.from({ length: circuit.qubits }, (_, i) => `$${i}`) : places(quantum);
  const bits = places(classical);
  return {
    declarations: [
      ...[...parameters.values()].map((name) => `input float[64] ${name};`),
      ...(physical
        ? []
        : quantum.map(({ name, size }) => (version === 2 ? `qreg ${name}[${size}];` : `qubit[${size}] ${name};`))),
      ...classical.map(({ name, size }) => (version === 2 ? `creg ${name}[${size}];` : `bit[${size}] ${name};`)),
    ],
    qubit: (index) => qubits[index] ?? `q[${index}]`,
    bit: (index) => bits[index] ?? `c[${index}]`,
    parameter: (name) => parameters.get(name) ?? name,
    classical,
  };
}

/** The registers under printable names; one register where they do not cover all places once, in order. */
function registersOf(
  registers: readonly Register[],
  count: number,
  fallback: string,
  version: 2 | 3,
  taken: Set<string>,
): readonly Register[] {
  let next = 0;
  const used = registers.filter(({ size }) => size > 0);
  const covered = used.every(({ offset, size }) => {
    const fits = offset === next;
    next += size;
    return fits;
  });
  const all = covered && next === count ? used : count > 0 ? [{ name: fallback, offset: 0, size: count }] : [];
  return all.map((register) => ({ ...register, name: free(register.name, version, fallback, taken) }));
}

/** `name` of a gate in the program, with modifiers in version 3. */
export function calledName(base: GateName, controls: number, version: 2 | 3): string {
  if (version === 2) return nameIn2(base, controls);
  const short = SHORT_3[base]?.[controls];
  if (short !== undefined) return short;
  const modifier = controls === 0 ? '' : controls === 1 ? 'ctrl @ ' : `ctrl(${controls}) @ `;
  return modifier + nameIn3(base);
}

/** What stdgates.inc has names for. */
const SHORT_3: Readonly<Partial<Record<GateName, readonly string[]>>> = {
  x: ['x', 'cx', 'ccx'],
  y: ['y', 'cy'],
  z: ['z', 'cz'],
  h: ['h', 'ch'],
  p: ['p', 'cp'],
  rx: ['rx', 'crx'],
  ry: ['ry', 'cry'],
  rz: ['rz', 'crz'],
  swap: ['swap', 'cswap'],
};
