import { readFile } from 'node:fs/promises';
import type { CircuitRequest } from '../../src/core/contracts/circuit-service.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import { SHOTS_MAX, THREADS_MAX } from '../../src/core/quantum/run/limits.ts';
import { numberOption, textOption, usage, type OptionSpecs, type Parsed } from '../command.ts';

const text = { type: 'string' } as const;

export const RUN_OPTIONS: OptionSpecs = {
  engine: text,
  precision: text,
  threads: text,
  shots: text,
  seed: text,
  observables: text,
  amplitudes: text,
  noise: text,
  values: text,
  operations: text,
  bloch: { type: 'boolean' },
  json: { type: 'boolean' },
};

/** The request that the options describe. Failures CLI_USAGE, CLI_READ (the device model). */
export async function requestOf(parsed: Parsed, qasm: string): Promise<Result<CircuitRequest>> {
  const whole = { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true };
  const engine = oneOf(parsed, 'engine', ['auto', 'cpu', 'wasm'] as const);
  if (!engine.ok) return engine;
  const precision = oneOf(parsed, 'precision', ['f32', 'f64'] as const);
  if (!precision.ok) return precision;
  const threads = numberOption(parsed, 'threads', { min: 1, max: THREADS_MAX, whole: true });
  if (!threads.ok) return threads;
  const shots = numberOption(parsed, 'shots', { min: 0, max: SHOTS_MAX, whole: true });
  if (!shots.ok) return shots;
  const seed = numberOption(parsed, 'seed', whole);
  if (!seed.ok) return seed;
  const operations = numberOption(parsed, 'operations', whole);
  if (!operations.ok) return operations;
  const amplitudes = amplitudesOf(textOption(parsed, 'amplitudes'));
  if (!amplitudes.ok) return amplitudes;
  const values = valuesOf(textOption(parsed, 'values'));
  if (!values.ok) return values;
  const noise = await readModel(textOption(parsed, 'noise'));
  if (!noise.ok) return noise;
  const observables = textOption(parsed, 'observables')
    ?.split(',')
    .map((item) => item.trim());
  return ok({
    qasm,
    ...given('engine', engine.value),
    ...given('precision', precision.value),
    ...given('threads', threads.value),
    ...given('shots', shots.value),
    ...given('seed', seed.value),
    ...given('operations', operations.value),
    ...given('amplitudes', amplitudes.value),
    ...given('values', values.value),
    ...given('noise', noise.value),
    ...given('observables', observables ?? null),
    ...(parsed.values['bloch'] === true ? { bloch: true } : {}),
  });
}

/** An absent option is an absent field. */
function given<Name extends string, T>(name: Name, value: T | null): { readonly [_ in Name]?: T } {
  return value === null ? {} : ({ [name]: value } as { readonly [_ in Name]: T });
}

export function oneOf<T extends string>(parsed: Parsed, name: string, allowed: readonly T[]): Result<T | null> {
  const got = textOption(parsed, name);
  if (got === null) return ok(null);
  const found = allowed.find((item) => item === got);
  return found === undefined ? usage(`--${name} is "${got}", expected ${allowed.join(' or ')}`) : ok(found);
}

function amplitudesOf(got: string | null): Result<'all' | 'none' | readonly number[] | null> {
  if (got === null || got === 'all' || got === 'none') return ok(got);
  const parts = got.split(',').map((part) => part.trim());
  const indices = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  const wrong = indices.findIndex((index) => !Number.isSafeInteger(index));
  if (wrong < 0) return ok(indices);
  return usage(`--amplitudes has "${parts[wrong]}", expected all, none or basis-state indices like 0,5,12`);
}

/** `theta=0.5,phi=-3*pi/4`. */
function valuesOf(got: string | null): Result<Readonly<Record<string, number>> | null> {
  if (got === null) return ok(null);
  const values: [string, number][] = [];
  for (const part of got.split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim();
    const value = numberOf(part.slice(equals + 1));
    if (equals < 1 || name === '' || value === null)
      return usage(`--values has "${part.trim()}", expected name=number, where a number may be like 0.5 or -3*pi/4`);
    if (values.some(([other]) => other === name)) return usage(`--values gives ${name} twice`);
    values.push([name, value]);
  }
  return ok(Object.fromEntries(values));
}

/** A decimal number, or a multiple of pi. Null for anything else. */
function numberOf(written: string): number | null {
  const number = String.raw`(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
  const pattern = new RegExp(`^([+-]?)(?:(${number})(?:\\*(pi))?|(pi))(?:/(${number}))?$`);
  const found = pattern.exec(written.replaceAll(/\s+/g, '').replace('π', 'pi'));
  if (found === null) return null;
  const [, sign, factor, times, alone, divisor] = found;
  const size = Number(factor ?? 1) * (times === undefined && alone === undefined ? 1 : Math.PI);
  const value = (sign === '-' ? -size : size) / Number(divisor ?? 1);
  return Number.isFinite(value) ? value : null;
}

/** A device model file. Null where none was named. */
export async function readModel(path: string | null): Promise<Result<unknown>> {
  if (path === null) return ok(null);
  try {
    return ok(JSON.parse(await readFile(path, 'utf8')) as unknown);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail('CLI_READ', `--noise: ${path} is not a readable device model (${why})`);
  }
}
