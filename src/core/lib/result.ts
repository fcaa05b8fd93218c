/**
 * Expected failures are values. A bug is an exception (see assert.ts).
 * `code` is stable and listed in one table per module; `message` says what was got, what was expected and what to do.
 */
export interface Failure<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
  /** May the same call succeed later without a change by the caller? */
  readonly retry: boolean;
}

export type Result<T, F extends Failure = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: F };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<Code extends string>(
  code: Code,
  message: string,
  retry = false,
): { readonly ok: false; readonly error: Failure<Code> } {
  return { ok: false, error: { code, message, retry } };
}

/** For places where a failure can only be a bug: throws with the failure's own sentence. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(`${result.error.code}: ${result.error.message}`);
}
