import { parseArgs, type ParseArgsConfig } from 'node:util';
import { fail, ok, type Failure, type Result } from '../src/core/lib/result.ts';

/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2 } as const;

/** What a command writes to; tests listen here. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

export const processOutput: Output = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly help: string;
  /** Resolves with the exit code. */
  run(argv: readonly string[], output: Output): Promise<number>;
}

export type OptionSpecs = NonNullable<ParseArgsConfig['options']>;

export interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Failure CLI_USAGE: an unknown option, a missing value. */
export function parse(argv: readonly string[], options: OptionSpecs): Result<Parsed> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return ok({ values, positionals });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

export function usage(message: string): Result<never> {
  return fail('CLI_USAGE', message);
}

export function textOption({ values }: Parsed, name: string): string | null {
  const value = values[name];
  return typeof value === 'string' ? value : null;
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** Null where the option was not given. Failure CLI_USAGE names what was got and what is expected. */
export function numberOption(parsed: Parsed, name: string, range: Range): Result<number | null> {
  const given = textOption(parsed, name);
  return given === null ? ok(null) : toNumber(`--${name}`, given, range);
}

export function requiredNumber(parsed: Parsed, name: string, range: Range): Result<number> {
  const given = textOption(parsed, name);
  return given === null ? usage(`--${name} is missing`) : toNumber(`--${name}`, given, range);
}

function toNumber(name: string, given: string, { min, max, whole = false }: Range): Result<number> {
  const value = given.trim() === '' ? Number.NaN : Number(given);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return ok(value);
  return usage(`${name} is "${given}", expected ${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`);
}

/** Tells the failure and gives the exit code. Usage mistakes point to the help. */
export function report(error: Failure, output: Output, command: string): number {
  output.err(`plaquette ${command}: ${error.message} (${error.code})`);
  if (error.code !== 'CLI_USAGE') return EXIT.failure;
  output.err(`Try: plaquette ${command} --help`);
  return EXIT.usage;
}
