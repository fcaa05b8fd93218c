import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parameter } from '../../core/quantum/circuit/angle.ts';
import { circuitOf, gate } from '../../core/quantum/circuit/builder.ts';
import { checkCircuit } from '../../core/quantum/circuit/check.ts';
import type { Circuit, Operation } from '../../core/quantum/circuit/circuit.ts';
import {
  addQubit,
  draftOf,
  gridOf,
  moveOperation,
  place,
  removeAt,
  removeQubit,
  replaceOperation,
  toggleControl,
  type Draft,
  type Edited,
} from './edit.ts';
import { itemAt, layoutGrid, partAt, qubitsOf } from './grid.ts';
import { PALETTE } from './palette.ts';

const empty = (qubits: number): Draft => draftOf(circuitOf(qubits, []), null);

function done(edited: Edited): Draft {
  if (!edited.ok) throw new Error(`refused: ${edited.refusal.kind}`);
  return edited.draft;
}

const refusal = (edited: Edited): string => (edited.ok ? 'done' : edited.refusal.kind);

/** `h0@0 x1c0@1`: name, targets, controls, column. */
function picture({ circuit, columns }: Draft): string {
  return circuit.operations
    .map((operation, i) => {
      if (operation.kind !== 'gate') return `${operation.kind}${qubitsOf(operation).join(',')}@${columns[i]}`;
      const controls = operation.controls.length > 0 ? `c${operation.controls.join(',')}` : '';
      return `${operation.name}${operation.targets.join(',')}${controls}@${columns[i]}`;
    })
    .join(' ');
}

const at = (row: number, column: number) => ({ row, column });

describe('layout', () => {
  it('puts operations as early as their qubits and bits allow', () => {
    const operations: Operation[] = [
      gate('h', [0]),
      gate('x', [2], [], [0]),
      gate('y', [1]),
      { kind: 'measure', qubit: 0, clbit: 1 },
      { kind: 'if', clbits: [1], equals: 1, then: [gate('x', [3])], otherwise: [] },
      gate('z', [3]),
    ];
    const { items, columns } = layoutGrid(circuitOf(4, operations, 2), null);
    expect(items.map(({ column, lo, hi }) => [column, lo, hi])).toEqual([
      [0, 0, 0],
      [1, 0, 2],
      [2, 1, 1],
      [2, 0, 0],
      [3, 3, 3],
      [4, 3, 3],
    ]);
    expect(columns).toBe(5);
  });

  it('keeps wanted gaps and gives way where a column is taken', () => {
    const { items } = layoutGrid(circuitOf(2, [gate('h', [0]), gate('x', [0]), gate('y', [1])]), [3, 3, 3]);
    expect(items.map(({ column }) => column)).toEqual([3, 4, 3]);
  });

  it('has a place for circuits without qubits and for global phases', () => {
    expect(layoutGrid(circuitOf(0, [gate('gphase', [], [1])]), null).items).toEqual([
      { index: 0, column: 0, lo: 0, hi: -1 },
    ]);
    expect(layoutGrid(circuitOf(2, [gate('gphase', [], [1]), gate('x', [0])]), null).columns).toBe(2);
  });
});

describe('edits', () => {
  it('build a Bell pair from a gate, a gate and a control', () => {
    let draft = done(place(empty(2), 'h', at(0, 0)));
    draft = done(place(draft, 'x', at(1, 1)));
    draft = done(toggleControl(draft, at(0, 1)));
    expect(picture(draft)).toBe('h0@0 x1c0@1');
    expect(partAt(draft.circuit.operations[1] ?? gate('x', [0]), 0)).toBe('control');
    draft = done(removeAt(draft, at(0, 1)));
    expect(picture(draft)).toBe('h0@0 x1@1');
  });

  it('place between others and push them aside', () => {
    let draft = draftOf(circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0])]), null);
    draft = done(place(draft, 'cz', at(0, 1)));
    expect(picture(draft)).toBe('h0@0 z1c0@1 x1c0@2');
  });

  it('place in front of operations that come earlier in the list but stand later', () => {
    // In the list, all of qubit 1 comes before qubit 0.
    const listed = circuitOf(2, [gate('x', [1]), gate('y', [1]), gate('z', [1]), gate('h', [0])]);
    expect(picture(done(place(draftOf(listed, null), 'cx', at(0, 1))))).toBe('x1@0 h0@0 x1c0@1 y1@2 z1@3');
  });

  it('take the place of a gate of the same width and keep its controls and angle', () => {
    const circuit = circuitOf(2, [gate('rx', [1], [0.25], [0])]);
    let draft = done(place(draftOf(circuit, null), 'ry', at(1, 0)));
    expect(draft.circuit.operations).toEqual([gate('ry', [1], [0.25], [0])]);
    draft = done(place(draft, 'h', at(1, 0)));
    expect(draft.circuit.operations).toEqual([gate('h', [1], [], [0])]);
    draft = done(place(draft, 'swap', at(1, 0)));
    expect(picture(draft)).toBe('swap1,0@0 h1c0@1');
  });

  it('place wide gates upwards at the lower edge, and refuse them on too few qubits', () => {
    expect(picture(done(place(empty(3), 'ccx', at(1, 0))))).toBe('x2c1,0@0');
    expect(picture(done(place(empty(3), 'ccx', at(2, 0))))).toBe('x0c2,1@0');
    expect(picture(done(place(empty(2), 'rzz', at(1, 0))))).toBe('rzz1,0@0');
    expect(refusal(place(empty(2), 'ccx', at(0, 0)))).toBe('needs-qubits');
    expect(refusal(place(empty(1), 'swap', at(0, 0)))).toBe('needs-qubits');
  });

  it('measure into the bit of the same number, which is made when it is missing', () => {
    let draft = done(place(empty(3), 'measure', at(1, 0)));
    expect(draft.circuit.clbits).toBe(3);
    expect(draft.circuit.classicalRegisters).toEqual([{ name: 'c', offset: 0, size: 3 }]);
    expect(draft.circuit.operations).toEqual([{ kind: 'measure', qubit: 1, clbit: 1 }]);
    draft = done(place(done(addQubit(draft)), 'measure', at(3, 0)));
    expect(draft.circuit.classicalRegisters).toEqual([{ name: 'c', offset: 0, size: 4 }]);
  });

  it('say why nothing happens', () => {
    const draft = done(place(empty(2), 'h', at(0, 0)));
    expect(refusal(removeAt(draft, at(1, 0)))).toBe('empty-cell');
    expect(refusal(toggleControl(draft, at(1, 4)))).toBe('no-gate-to-control');
    expect(refusal(toggleControl(draft, at(0, 0)))).toBe('not-controllable');
    expect(refusal(moveOperation(draft, at(0, 0), at(2, 0)))).toBe('edge');
    expect(refusal(moveOperation(draft, at(0, 0), at(0, -1)))).toBe('edge');
    expect(refusal(removeQubit(empty(1), 0))).toBe('last-qubit');
  });

  it('move a gate as one, and a control alone', () => {
    const draft = draftOf(circuitOf(4, [gate('x', [1], [], [0])]), null);
    expect(picture(done(moveOperation(draft, at(1, 0), at(2, 3))))).toBe('x2c1@3');
    expect(picture(done(moveOperation(draft, at(0, 0), at(3, 0))))).toBe('x1c3@0');
    expect(refusal(moveOperation(draft, at(0, 0), at(1, 0)))).toBe('edge');
  });

  it('declare the parameters that are used and no others', () => {
    let draft = done(place(empty(1), 'rx', at(0, 0)));
    draft = done(replaceOperation(draft, 0, gate('rx', [0], [parameter('theta')])));
    expect(draft.circuit.parameters).toEqual(['theta']);
    expect(done(removeAt(draft, at(0, 0))).circuit.parameters).toEqual([]);
  });

  it('remove a qubit with all that acts on it and renumber the rest, registers too', () => {
    const circuit: Circuit = {
      ...circuitOf(
        3,
        [
          gate('h', [0]),
          gate('x', [2], [], [0]),
          gate('x', [1], [], [0]),
          { kind: 'barrier', qubits: [0, 1, 2] },
          { kind: 'if', clbits: [0], equals: 1, then: [gate('z', [2])], otherwise: [] },
          { kind: 'measure', qubit: 2, clbit: 0 },
        ],
        1,
      ),
      quantumRegisters: [
        { name: 'a', offset: 0, size: 1 },
        { name: 'b', offset: 1, size: 1 },
        { name: 'd', offset: 2, size: 1 },
      ],
    };
    const draft = done(removeQubit(draftOf(circuit, null), 1));
    expect(picture(draft)).toBe('h0@0 x1c0@1 barrier0,1@3 if1@4 measure1@5');
    expect(draft.circuit.quantumRegisters).toEqual([
      { name: 'a', offset: 0, size: 1 },
      { name: 'd', offset: 1, size: 1 },
    ]);
  });
});

describe('random edits', () => {
  const edits = fc.array(
    fc.record({
      kind: fc.constantFrom('place', 'place', 'place', 'remove', 'move', 'control', 'add', 'drop'),
      id: fc.constantFrom(...PALETTE.map(({ id }) => id)),
      row: fc.nat(4),
      column: fc.nat(6),
      toRow: fc.nat(4),
      toColumn: fc.nat(6),
    }),
    { minLength: 1, maxLength: 25 },
  );

  function apply(
    draft: Draft,
    edit: {
      kind: string;
      id: (typeof PALETTE)[number]['id'];
      row: number;
      column: number;
      toRow: number;
      toColumn: number;
    },
  ): Edited {
    const qubits = draft.circuit.qubits;
    const cell = at(edit.row % qubits, edit.column);
    if (edit.kind === 'place') return place(draft, edit.id, cell);
    if (edit.kind === 'remove') return removeAt(draft, cell);
    if (edit.kind === 'move') return moveOperation(draft, cell, at(edit.toRow % qubits, edit.toColumn));
    if (edit.kind === 'control') return toggleControl(draft, cell);
    return edit.kind === 'add' && qubits < 6 ? addQubit(draft) : removeQubit(draft, cell.row);
  }

  it('always leave a circuit that every engine takes, in columns that overlap nowhere, with the cursor on what was placed', () => {
    let applied = 0;
    fc.assert(
      fc.property(edits, (list) => {
        let draft = empty(3);
        for (const edit of list) {
          const edited = apply(draft, edit);
          if (!edited.ok) continue;
          applied += 1;
          draft = edited.draft;
          expect(checkCircuit(draft.circuit, 10, '')).toEqual({ ok: true, value: null });
          const grid = gridOf(draft);
          expect(grid.items.map(({ column }) => column)).toEqual(draft.columns);
          const cells = new Set<string>();
          for (const { lo, hi, column } of grid.items)
            for (let row = lo; row <= hi; row++) {
              expect(cells.has(`${row} ${column}`)).toBe(false);
              cells.add(`${row} ${column}`);
            }
          if (edit.kind === 'place' && edited.operation !== null && edit.id !== 'control') {
            const item = itemAt(grid, edited.cursor.row, edited.cursor.column);
            expect(item === null ? null : draft.circuit.operations[item.index]).toEqual(edited.operation);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(applied).toBeGreaterThan(1_000);
  });

  it('keep the order of operations on every qubit, apart from what was edited', () => {
    fc.assert(
      fc.property(
        edits,
        fc.constantFrom(...PALETTE.map(({ id }) => id)),
        fc.nat(2),
        fc.nat(6),
        (list, id, row, column) => {
          let draft = empty(3);
          for (const edit of list) {
            const edited = apply(draft, { ...edit, kind: edit.kind === 'drop' ? 'place' : edit.kind });
            if (edited.ok) draft = edited.draft;
          }
          const before = itemAt(gridOf(draft), row, column);
          const edited = place(draft, id, at(row, column));
          if (!edited.ok || id === 'control') return;
          // With the placed one taken out again, and a replaced one put aside, every qubit sees the same operations in the same order.
          const replaced = edited.draft.circuit.operations.length === draft.circuit.operations.length;
          for (let qubit = 0; qubit < draft.circuit.qubits; qubit++) {
            const seen = (operations: readonly Operation[], but: Operation | null): string[] =>
              operations.filter((o) => o !== but && qubitsOf(o).includes(qubit)).map((o) => JSON.stringify(o));
            const old = replaced && before !== null ? (draft.circuit.operations[before.index] ?? null) : null;
            expect(seen(edited.draft.circuit.operations, edited.operation)).toEqual(
              seen(draft.circuit.operations, old),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
