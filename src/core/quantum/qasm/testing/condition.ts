import type { Operation } from '../../circuit/circuit.ts';

/** An `if` of the representation. */
export function condition(
  clbits: readonly number[],
  equals: number,
  then: readonly Operation[],
  otherwise: readonly Operation[] = [],
): Operation {
  // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
  return { kind: 'if', clbits, equals, then, otherwise };
}
