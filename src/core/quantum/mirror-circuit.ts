import { assert, at } from '../lib/assert.ts';
import { Prng } from '../lib/prng.ts';
import { circuitOf, gate } from './circuit/builder.ts';
import type { Circuit, Operation, UnitaryOperation } from './circuit/circuit.ts';
import { adjoint, GATES, multiply, type Matrix } from './circuit/gate-table.ts';

export interface MirrorCircuit {
  readonly circuit: Circuit;
  /** The one outcome of the ideal circuit as an index: bit q is qubit q. */
  readonly expected: number;
}

interface Layer {
  /** One unitary per qubit. */
  readonly singles: readonly Matrix[];
  /** Disjoint pairs; cx and cz are their own inverses. */
  readonly pairs: readonly Pair[];
}

interface Pair {
  readonly name: 'cx' | 'cz';
  readonly a: number;
  readonly b: number;
}

/** X^x Z^z on each qubit, phases left out: they are global. */
interface Frame {
  readonly x: boolean[];
  readonly z: boolean[];
}

/**
 * Randomised mirror circuit (Proctor et al. 2022, Phys. Rev. Lett. 129, 150502): random layers, a random Pauli layer, and the layers
 * backwards, in which each single-qubit inverse is composed with the Pauli frame that reaches it and a fresh random one.
 * Without errors one bit string has probability 1, whatever the single-qubit unitaries are; any error shows.
 * The same seed gives the same circuit on every machine up to the rounding of sin and cos.
 */
export function createMirrorCircuit(seed: number, qubits: number, layers: number): MirrorCircuit {
  assert(qubits >= 1 && layers >= 1, `mirror circuit of ${qubits} qubits and ${layers} layers`);
  const prng = new Prng(`mirror ${seed} ${qubits} ${layers}`);
  const forward = Array.from({ length: layers }, () => randomLayer(prng, qubits));
  const out: Operation[] = [];
  for (const layer of forward) {
    for (const [qubit, single] of layer.singles.entries()) out.push(unitary('u', single, qubit));
    out.push(...layer.pairs.map(pairGate));
  }
  let frame = randomFrame(prng, qubits);
  for (let qubit = 0; qubit < qubits; qubit++) out.push(unitary('pauli', pauliOf(frame, qubit), qubit));
  for (const layer of forward.reverse()) {
    out.push(...layer.pairs.map(pairGate));
    for (const pair of layer.pairs) conjugate(frame, pair);
    const next = randomFrame(prng, qubits);
    for (const [qubit, single] of layer.singles.entries()) {
      const undone = multiply(adjoint(single), pauliOf(frame, qubit));
      out.push(unitary('u', multiply(pauliOf(next, qubit), undone), qubit));
    }
    frame = next;
  }
  const expected = frame.x.reduce((bits, set, qubit) => (set ? bits + 2 ** qubit : bits), 0);
  return { circuit: circuitOf(qubits, out), expected };
}

function unitary(label: string, matrix: Matrix, qubit: number): UnitaryOperation {
  return { kind: 'unitary', label, matrix, targets: [qubit], controls: [] };
}

function randomLayer(prng: Prng, qubits: number): Layer {
  const singles = Array.from({ length: qubits }, () => randomUnitary(prng));
  const order = prng.shuffle(Array.from({ length: qubits }, (_, i) => i));
  const pairs: Pair[] = [];
  for (let i = 0; i + 1 < qubits; i += 2) {
    const name = prng.below(2) === 0 ? 'cx' : 'cz';
    pairs.push({ name, a: at(order, i), b: at(order, i + 1) });
  }
  return { singles, pairs };
}

/** Haar-distributed up to a phase: cos(theta) is uniform in [-1, 1], the other two angles in [0, 2 pi). */
function randomUnitary(prng: Prng): Matrix {
  const theta = Math.acos(1 - 2 * prng.float());
  const angle = (): number => 2 * Math.PI * prng.float();
  return GATES.u.matrix([theta, angle(), angle()]);
}

function randomFrame(prng: Prng, qubits: number): Frame {
  const bits = (): boolean[] => Array.from({ length: qubits }, () => prng.below(2) === 1);
  return { x: bits(), z: bits() };
}

/** X^x Z^z up to a global phase. */
function pauliOf(frame: Frame, qubit: number): Matrix {
  const z = at(frame.z, qubit);
  if (at(frame.x, qubit)) return GATES[z ? 'y' : 'x'].matrix([]);
  return GATES[z ? 'z' : 'id'].matrix([]);
}

function pairGate({ name, a, b }: Pair): Operation {
  return gate(name === 'cx' ? 'x' : 'z', [b], [], [a]);
}

/** P becomes C P C for C = cx (control a) or cz. */
function conjugate(frame: Frame, { name, a, b }: Pair): void {
  const { x, z } = frame;
  const [xa, za, xb, zb] = [at(x, a), at(z, a), at(x, b), at(z, b)];
  if (name === 'cx') {
    x[b] = xb !== xa;
    z[a] = za !== zb;
  } else {
    z[a] = za !== xb;
    z[b] = zb !== xa;
  }
}
