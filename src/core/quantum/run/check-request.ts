import type { CircuitRequest } from '../../contracts/circuit-service.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { AMPLITUDES_MAX, OBSERVABLES_MAX, SHOTS_MAX, THREADS_MAX } from './limits.ts';

export type RequestFailure = Failure<'QUANTUM_REQUEST'>;

const KNOWN: ReadonlySet<string> = new Set(
  'qasm engine precision threads values shots seed observables amplitudes noise operations bloch'.split(' '),
);

/**
 * Requests come from a console and from other threads: nothing about them is known until it was looked at.
 * Failure QUANTUM_REQUEST names the field, what was got and what is expected.
 */
export function checkRequest(request: CircuitRequest): Result<null, RequestFailure> {
  if (typeof request !== 'object' || request === null)
    return refused('the request', request, 'an object with a field "qasm"');
  const unknown = Object.keys(request).find((key) => !KNOWN.has(key));
  if (unknown !== undefined)
    return fail('QUANTUM_REQUEST', `there is no option "${unknown}"; there are ${[...KNOWN].join(', ')}`);
  const { qasm, engine, precision, threads, values, shots, seed, observables, amplitudes, operations, bloch } = request;
  const text = checkQasm(qasm);
  if (!text.ok) return text;
  if (engine !== undefined && !['auto', 'cpu', 'wasm', 'webgpu'].includes(engine))
    return refused('engine', engine, 'auto, cpu, wasm or webgpu');
  if (precision !== undefined && precision !== 'f32' && precision !== 'f64')
    return refused('precision', precision, 'f32 or f64');
  const numbers = [
    ['threads', threads, 1, THREADS_MAX],
    ['shots', shots, 0, SHOTS_MAX],
    ['seed', seed, 0, Number.MAX_SAFE_INTEGER],
    ['operations', operations, 0, Number.MAX_SAFE_INTEGER],
  ] as const;
  for (const [name, value, min, max] of numbers)
    if (value !== undefined && !isWhole(value, min, max))
      return refused(name, value, `a whole number from ${min} to ${max}`);
  if (bloch !== undefined && typeof bloch !== 'boolean') return refused('bloch', bloch, 'true or false');
  const named = values === undefined || (isRecord(values) && Object.values(values).every((v) => typeof v === 'number'));
  if (!named) return refused('values', values, 'an object of numbers by parameter name');
  return checkLists(observables, amplitudes);
}

/** How much text is read is up to the parser. Failure QUANTUM_REQUEST. */
export function checkQasm(qasm: unknown): Result<null, RequestFailure> {
  return typeof qasm === 'string' ? ok(null) : refused('qasm', qasm, 'OpenQASM as text');
}

function checkLists(observables: unknown, amplitudes: unknown): Result<null, RequestFailure> {
  if (observables !== undefined) {
    const texts = Array.isArray(observables) && observables.every((item) => typeof item === 'string');
    if (!texts) return refused('observables', observables, 'a list of texts like "ZZIX"');
    if (observables.length > OBSERVABLES_MAX)
      return fail('QUANTUM_REQUEST', `got ${observables.length} observables, at most ${OBSERVABLES_MAX} at once`);
  }
  if (amplitudes === undefined || amplitudes === 'all' || amplitudes === 'none') return ok(null);
  if (!Array.isArray(amplitudes) || !amplitudes.every((index) => isWhole(index, 0, Number.MAX_SAFE_INTEGER)))
    return refused('amplitudes', amplitudes, '"all", "none" or a list of basis-state indices');
  if (amplitudes.length <= AMPLITUDES_MAX) return ok(null);
  return fail('QUANTUM_REQUEST', `got ${amplitudes.length} indices, at most ${AMPLITUDES_MAX} amplitudes at once`);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function refused(name: string, value: unknown, expected: string): Result<never, RequestFailure> {
  const got = typeof value === 'string' ? `"${value.slice(0, 40)}"` : shown(value);
  return fail('QUANTUM_REQUEST', `${name} is ${got}, expected ${expected}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
