import { CX, H, X, type Gate } from './gates.ts';

/** Pauli codes: bit 0 is X, bit 1 is Z, both together Y. */
export const PX = 1;
export const PZ = 2;

/** One Pauli product over n qubits with sign; `sum` of the qubits in its support names the qubit where the weight is 1. */
export class Product {
  readonly codes: Uint8Array;
  negative = false;
  weight = 0;
  sum = 0;

  constructor(qubits: number) {
    this.codes = new Uint8Array(qubits);
  }

  clear(): void {
    this.codes.fill(0);
    this.negative = false;
    this.weight = 0;
    this.sum = 0;
  }

  set(q: number, code: number): void {
    const before = this.codes[q] as number;
    if (before === code) return;
    this.codes[q] = code;
    if (before === 0) {
      this.weight++;
      this.sum += q;
    } else if (code === 0) {
      this.weight--;
      this.sum -= q;
    }
  }

  is(q: number, code: number): boolean {
    return this.weight === 1 && this.codes[q] === code;
  }

  /** Conjugates by a Clifford gate; `backwards` uses the inverse gate. */
  conjugate(gate: Gate, backwards: boolean): void {
    const a = this.codes[gate.q] as number;
    if (gate.op === CX) {
      const b = this.codes[gate.t] as number;
      if (a === 0 && b === 0) return;
      const xa = a & 1;
      const zb = b >> 1;
      if (xa === 1 && zb === 1 && (b & 1) === a >> 1) this.negative = !this.negative;
      this.set(gate.t, b ^ xa);
      this.set(gate.q, a ^ (zb << 1));
      return;
    }
    if (a === 0) return;
    if (gate.op === H) {
      if (a === 3) this.negative = !this.negative;
      this.set(gate.q, (a >> 1) | ((a & 1) << 1));
    } else if (gate.op === X) {
      if (a >= PZ) this.negative = !this.negative;
    } else if ((a & 1) === 1) {
      const { eighths } = gate.phase;
      const quarter = backwards ? (8 - eighths) & 7 : eighths;
      // S: X to Y, Y to -X; its inverse: X to -Y, Y to X.
      if (quarter === 4) this.negative = !this.negative;
      else if (quarter !== 0) {
        if ((quarter === 2) === (a === 3)) this.negative = !this.negative;
        this.set(gate.q, a ^ PZ);
      }
    }
  }

  /** Trivial on the qubits of an opaque step, or diagonal where the step is. */
  passesOpaque(gate: Gate): boolean {
    const { qubits } = gate;
    for (let k = 0; k < qubits.length; k++) {
      const code = this.codes[qubits[k] as number] as number;
      if (code !== 0 && !(gate.diagonal && code === PZ)) return false;
    }
    return true;
  }
}
