import { fail, ok, type Failure, type Result } from '../../lib/result.ts';

export type PauliFailure = Failure<'QUANTUM_OBSERVABLE'>;

/** A product of Pauli operators by bit masks: bit q of x and z both set is Y on qubit q (with its factor i). */
export interface PauliTerm {
  readonly coefficient: number;
  readonly x: number;
  readonly z: number;
}

/** A real combination of Pauli products: a Hermitian observable. */
export interface PauliSum {
  readonly qubits: number;
  readonly terms: readonly PauliTerm[];
}

/** 2^16 terms of 2^30 amplitudes are a day of work; no observable of this project comes near. */
const TERMS_MAX = 65_536;
/** Masks are 32-bit numbers. */
const QUBITS_MAX = 31;

/**
 * `ZZIX`: the highest qubit first, one letter a qubit. A sum is written `0.5*ZZ - 1.25e-1*XI + YY`.
 * Failure QUANTUM_OBSERVABLE quotes the term.
 */
export function parsePauliSum(text: string, qubits: number): Result<PauliSum, PauliFailure> {
  if (qubits > QUBITS_MAX)
    return fail('QUANTUM_OBSERVABLE', `observables take at most ${QUBITS_MAX} qubits, got ${qubits}`);
  const terms: PauliTerm[] = [];
  const pattern = /\s*([+-])?\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)\s*\*?\s*)?([IXYZ]+)\s*/y;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null || (terms.length > 0 && found[1] === undefined))
      return fail(
        'QUANTUM_OBSERVABLE',
        `cannot read "${text.slice(from, from + 24)}", expected a sum like 0.5*ZZ - XI`,
      );
    const word = found[3] ?? '';
    if (word.length !== qubits)
      return fail(
        'QUANTUM_OBSERVABLE',
        `"${word.slice(0, 40)}" has ${word.length} letters, expected one a qubit: ${qubits}`,
      );
    const size = found[2] === undefined ? 1 : Number(found[2]);
    terms.push({ coefficient: found[1] === '-' ? -size : size, ...masksOf(word) });
    if (terms.length > TERMS_MAX) return fail('QUANTUM_OBSERVABLE', `more than ${TERMS_MAX} terms`);
  }
  if (terms.length === 0) return fail('QUANTUM_OBSERVABLE', 'the observable is empty, expected a sum like 0.5*ZZ - XI');
  return ok({ qubits, terms });
}

function masksOf(word: string): { readonly x: number; readonly z: number } {
  let x = 0;
  let z = 0;
  for (const [i, letter] of Array.from(word).entries()) {
    const bit = 1 << (word.length - 1 - i);
    if (letter === 'X' || letter === 'Y') x |= bit;
    if (letter === 'Z' || letter === 'Y') z |= bit;
  }
  return { x: x >>> 0, z: z >>> 0 };
}

/** The letters of one term, highest qubit first. */
export function pauliWord({ x, z }: Pick<PauliTerm, 'x' | 'z'>, qubits: number): string {
  return Array.from({ length: qubits }, (_, i) => {
    const q = qubits - 1 - i;
    return 'IXZY'[((x >>> q) & 1) + 2 * ((z >>> q) & 1)];
  }).join('');
}

/** Failure QUANTUM_OBSERVABLE where the sum does not fit a state of `qubits`. */
export function checkPauliSum(observable: PauliSum, qubits: number): Result<null, PauliFailure> {
  if (observable.qubits !== qubits)
    return fail('QUANTUM_OBSERVABLE', `the observable is for ${observable.qubits} qubits, the state has ${qubits}`);
  const full = 2 ** qubits;
  for (const { coefficient, x, z } of observable.terms) {
    if (!Number.isFinite(coefficient))
      return fail('QUANTUM_OBSERVABLE', `coefficient ${coefficient}, expected a finite number`);
    const fits = [x, z].every((mask) => Number.isInteger(mask) && mask >= 0 && mask < full);
    if (!fits) return fail('QUANTUM_OBSERVABLE', `masks ${x} and ${z}, expected whole numbers below 2^${qubits}`);
  }
  return ok(null);
}
