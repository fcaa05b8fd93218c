import { isNothing, OPAQUE, reversed, type Gate } from './gates.ts';
import { mergeOpaque } from './opaque.ts';
import { Token } from './token.ts';

/** Told when to give up: true past the deadline or once the signal is aborted. */
export type Stop = () => boolean;

/**
 * Carries every gate forward, then backward, and removes it where it meets one that it cancels or merges with; repeats until
 * nothing changes. Never more gates, T gates or two-qubit gates than before. `reach` is how far a gate is carried; the cost of a
 * round is gates x reach. Covers the cancellation and rotation-merging rules of Nam et al. (arXiv:1710.07345) and phase folding
 * across Hadamards.
 */
export function cancel(gates: readonly Gate[], qubits: number, reach: number, stop: Stop): Gate[] {
  const token = new Token(qubits);
  const slots: (Gate | null)[] = gates.filter((gate) => !isNothing(gate));
  for (;;) {
    let changed = false;
    for (let i = 0; i < slots.length; i++) {
      if ((i & 63) === 0 && stop()) return compact(slots);
      if (slots[i] === null) continue;
      if (meetOthers(slots, i, false, reach, token) || meetOthers(slots, i, true, reach, token)) changed = true;
    }
    const left = compact(slots);
    if (!changed) return left;
    slots.length = 0;
    for (const gate of left) slots.push(gate);
  }
}

/** True where the gate at `i` met another: both are then replaced in place, a removed one by null. */
export function meetOthers(
  slots: (Gate | null)[],
  i: number,
  backwards: boolean,
  reach: number,
  token: Token,
): boolean {
  const taken = slots[i] as Gate;
  if (taken.op === OPAQUE) return !backwards && mergeOpaque(slots, i, reach);
  token.take(taken);
  const step = backwards ? -1 : 1;
  const end = backwards ? Math.max(-1, i - reach - 1) : Math.min(slots.length, i + reach + 1);
  let turned: number[] | null = null;
  for (let j = i + step; j !== end; j += step) {
    const gate = slots[j] as Gate | null;
    if (gate === null || !token.touches(gate)) continue;
    const joined = token.meet(gate);
    if (joined !== null && joined.length <= 1) {
      slots[i] = null;
      slots[j] = joined[0] ?? null;
      if (turned !== null) for (const k of turned) slots[k] = reversed(slots[k] as Gate);
      return true;
    }
    const passed = token.pass(gate, backwards);
    if (passed === 'blocked') return false;
    if (passed === 'turned') (turned ??= []).push(j);
  }
  return false;
}

export const compact = (slots: readonly (Gate | null)[]): Gate[] =>
  slots.filter((gate): gate is Gate => gate !== null && !isNothing(gate));
