import type { GateCounts } from '../../contracts/circuit-service.ts';
import type { Circuit, Operation, UnitaryStep } from '../circuit/circuit.ts';
import { CX, isNothing, OPAQUE, qubitsOf, RZ, type Gate } from './gates.ts';
import { isT, phaseOfAngle } from './phase.ts';
import { lower } from './lower.ts';

/**
 * Counts of a circuit. CCX and CCZ count as their Clifford+T form (15 and 13 gates), so that before and after compare.
 * `t`: rotations about Z by odd multiples of pi/4. `twoQubit`: unitaries on two or more qubits. `depth`: layers, where a gate
 * waits for all gates before it on its qubits; barriers hold all their qubits back and, like global phases and identities,
 * count nothing. Measurements, resets and channels count as one gate; of a conditional the longer branch.
 */
export function countGates(circuit: Circuit): GateCounts {
  const tally = new Tally(circuit.qubits, circuit.clbits);
  tally.all(circuit.operations);
  return { total: tally.total, t: tally.t, twoQubit: tally.twoQubit, depth: tally.depth };
}

/** Layers of a list of gates. */
export function depthOf(gates: readonly Gate[], qubits: number): number {
  const levels = new Int32Array(qubits);
  let depth = 0;
  for (const gate of gates) {
    let level = 0;
    if (gate.op === OPAQUE) {
      for (const q of gate.qubits) level = Math.max(level, levels[q] as number);
      level++;
      for (const q of gate.qubits) levels[q] = level;
    } else {
      level = (levels[gate.q] as number) + 1;
      if (gate.op === CX) {
        level = Math.max(level, (levels[gate.t] as number) + 1);
        levels[gate.t] = level;
      }
      levels[gate.q] = level;
    }
    if (level > depth) depth = level;
  }
  return depth;
}

class Tally {
  total = 0;
  t = 0;
  twoQubit = 0;
  depth = 0;
  /** Of qubits, then of classical bits. */
  readonly #levels: Int32Array;
  readonly #qubits: number;

  constructor(qubits: number, clbits: number) {
    this.#levels = new Int32Array(qubits + clbits);
    this.#qubits = qubits;
  }

  all(operations: readonly Operation[]): void {
    for (const operation of operations) this.#one(operation);
  }

  #one(operation: Operation): void {
    switch (operation.kind) {
      case 'gate':
      case 'unitary':
        return this.#step(operation);
      case 'barrier':
        return this.#layer(operation.qubits, 0);
      case 'measure':
        return this.#gate([operation.qubit, this.#qubits + operation.clbit]);
      case 'reset':
        return this.#gate([operation.qubit]);
      case 'channel':
        return this.#gate(operation.targets);
      default:
        operation satisfies { kind: 'if' };
        return this.#branches(operation);
    }
  }

  #branches({ clbits, then, otherwise }: Operation & { kind: 'if' }): void {
    const before = { total: this.total, t: this.t, twoQubit: this.twoQubit };
    const bits = clbits.map((bit) => this.#qubits + bit);
    const start = this.#levels.slice();
    const inside = (operations: readonly Operation[]): typeof before & { readonly levels: Int32Array } => {
      Object.assign(this, before);
      this.#levels.set(start);
      for (const operation of operations) {
        // A branch starts when its bits are known.
        if (operation.kind !== 'if') this.#layer([...bits, ...touched(operation)], 0);
        this.#one(operation);
      }
      return { total: this.total, t: this.t, twoQubit: this.twoQubit, levels: this.#levels.slice() };
    };
    const [a, b] = [inside(then), inside(otherwise)];
    const { total, t, twoQubit } = a.total >= b.total ? a : b;
    Object.assign(this, { total, t, twoQubit });
    for (const [line, level] of a.levels.entries()) this.#levels[line] = Math.max(level, b.levels[line] ?? 0);
  }

  #step(step: UnitaryStep): void {
    const qubits = [...step.targets, ...step.controls];
    if (step.kind === 'gate') {
      if (step.name === 'id' || (step.name === 'gphase' && qubits.length === 0)) return;
      if (step.controls.length === 2 && (step.name === 'x' || step.name === 'z')) return this.#toffoli(step);
    }
    if (isTGate(step)) this.t++;
    this.#gate(qubits);
  }

  #toffoli(step: UnitaryStep): void {
    for (const gate of lower([step], 'toffoli')) {
      if (gate.op === RZ && isT(gate.phase)) this.t++;
      if (!isNothing(gate)) this.#gate(qubitsOf(gate));
    }
  }

  #gate(lines: readonly number[]): void {
    this.total++;
    if (lines.filter((line) => line < this.#qubits).length >= 2) this.twoQubit++;
    this.#layer(lines, 1);
  }

  #layer(lines: readonly number[], height: number): void {
    let level = 0;
    for (const line of lines) level = Math.max(level, this.#levels[line] ?? 0);
    for (const line of lines) this.#levels[line] = level + height;
    this.depth = Math.max(this.depth, level + height);
  }
}

function isTGate(step: UnitaryStep): boolean {
  if (step.kind !== 'gate' || step.controls.length > 0) return false;
  if (step.name === 't' || step.name === 'tdg') return true;
  return (step.name === 'p' || step.name === 'rz') && isT(phaseOfAngle(step.params[0] ?? 0));
}

function touched(operation: Exclude<Operation, { kind: 'if' }>): readonly number[] {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return [...operation.targets, ...operation.controls];
    case 'channel':
      return operation.targets;
    case 'barrier':
      return operation.qubits;
    default:
      return [operation.qubit];
  }
}
