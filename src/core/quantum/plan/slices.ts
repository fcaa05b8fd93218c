import { adjoint } from '../circuit/gate-table.ts';
import type { Elementary, Lowered, Part } from './elementary.ts';
import { qubitMask } from './passes.ts';

/**
 * Where a derivative is read. At a boundary between slices, psi and lambda (the co-state) are both known. A turn that has
 * just acted on its qubit is read by the Pauli operators of that qubit; a diagonal operation next to the boundary by those
 * amplitudes where its qubits are 1.
 */
export type Probe =
  | { readonly kind: 'turn'; readonly qubit: number; readonly parts: readonly Part[] }
  | { readonly kind: 'local'; readonly qubit: number; readonly parts: readonly Part[] }
  | Extract<Elementary, { kind: 'phase' }>;

export interface Slice {
  readonly operations: readonly Elementary[];
  /** Read after the slice. */
  readonly probes: readonly Probe[];
}

/**
 * Cuts a lowered sequence (its start turns included) so that every derivative can be read at the end of a slice. The
 * last slice ends at the final state; diagonals that come before everything on |0...0> are read there too, where only
 * their phase of |0> counts.
 */
export function sliceForGradient({ qubits, start, operations, tail }: Lowered): readonly Slice[] {
  const first = start.flatMap((parts, qubit): Elementary[] =>
    parts.length > 0 ? [{ kind: 'turn', qubit, parts }] : [],
  );
  let remaining: readonly Elementary[] = [...first, ...operations];
  const slices: { operations: Elementary[]; probes: Probe[] }[] = [];
  while (remaining.length > 0) {
    const cut = takeSlice(remaining, slices.at(-1)?.probes ?? null);
    slices.push({ operations: cut.operations, probes: cut.probes });
    remaining = cut.left;
  }
  if (slices.length === 0) slices.push({ operations: [], probes: [] });
  for (let qubit = 0; qubit < qubits; qubit++) {
    const parts = tail[qubit] ?? [];
    if (parts.some(({ slope }) => slope !== null)) slices.at(-1)?.probes.push({ kind: 'local', qubit, parts });
  }
  return slices;
}

interface Cut {
  readonly operations: Elementary[];
  readonly probes: Probe[];
  readonly left: Elementary[];
}

/** `before`: probes of the boundary that the slice starts from, for diagonals that nothing separates from it. */
function takeSlice(remaining: readonly Elementary[], before: Probe[] | null): Cut {
  const cut: Cut = { operations: [], probes: [], left: [] };
  let stopTurns = 0;
  let stopDiagonals = 0;
  let turned = 0;
  for (const operation of remaining) {
    const mask = qubitMask(operation);
    const moves = operation.kind === 'turn' || operation.kind === 'dense' || operation.kind === 'exchange';
    if ((mask & (moves ? stopTurns : stopDiagonals)) !== 0) {
      cut.left.push(operation);
      stopTurns |= mask;
      if (moves) stopDiagonals |= mask;
      continue;
    }
    cut.operations.push(operation);
    if (moves) turned |= mask;
    const probe = probeOf(operation);
    if (probe === null) continue;
    if (probe.kind === 'turn') {
      cut.probes.push(probe);
      stopTurns |= mask;
      stopDiagonals |= mask;
    } else if ((mask & turned) === 0 && before !== null) before.push(probe);
    else {
      // Read at the end: no turn may come between.
      cut.probes.push(probe);
      stopTurns |= mask;
    }
  }
  return cut;
}

function probeOf(operation: Elementary): Probe | null {
  switch (operation.kind) {
    case 'turn':
    case 'local':
      return operation.parts.some(({ slope }) => slope !== null) ? operation : null;
    case 'phase':
      return operation.angle.parameters.length > 0 ? operation : null;
    default:
      return null;
  }
}

/** Undoes a slice: the operations backwards, each one inverted. */
export function inverseOperations(operations: readonly Elementary[]): readonly Elementary[] {
  return operations.toReversed().map((operation): Elementary => {
    switch (operation.kind) {
      case 'turn':
      case 'local':
        return { ...operation, parts: operation.parts.toReversed().map(inversePart) };
      case 'phase': {
        const { angle } = operation;
        return { ...operation, angle: { ...angle, at: (values) => -angle.at(values) } };
      }
      case 'dense': {
        const { at } = operation;
        return { ...operation, at: (values) => adjoint(at(values)) };
      }
      default:
        return operation;
    }
  });
}

function inversePart(part: Part): Part {
  return { ...part, at: (values) => adjoint(part.at(values)), slope: null };
}
