import { memo } from 'react';
import type { Draft } from '../../app/lab/edit.ts';
import type { Grid, GridItem } from '../../app/lab/grid.ts';
import type { Circuit, GateName, GateOperation, Operation } from '../../core/quantum/circuit/circuit.ts';
import { angleLabel, GATE_LABELS } from '../../core/quantum/diagram/labels.ts';
import { lockedLabel, prettyAngle } from './models/operation-words.ts';
import css from './circuit-drawing.module.css';

/** One cell in CSS pixels: a comfortable finger. */
export const CELL = 48;
const BOX = 36;

interface DrawingProps {
  readonly draft: Draft;
  readonly grid: Grid;
  readonly columns: number;
  /** Operations carried out; null means all. */
  readonly step: number | null;
}

/** The picture under the cells: wires and gates. The cells say the same in words. */
export const CircuitDrawing = memo(function CircuitDrawing(props: DrawingProps) {
  const { draft, grid, columns, step } = props;
  const width = columns * CELL;
  return (
    <svg className={css['drawing']} width={width} height={grid.qubits * CELL} aria-hidden="true">
      {Array.from({ length: grid.qubits }, (_, row) => (
        <path key={row} className={css['wire']} d={`M0 ${middle(row)}H${width}`} />
      ))}
      {grid.items.map((item) => {
        const operation = draft.circuit.operations[item.index];
        if (operation === undefined || item.hi < item.lo) return null;
        const late = step !== null && item.index >= step;
        const now = step !== null && item.index === step - 1;
        return (
          <g
            key={item.index}
            transform={`translate(${item.column * CELL + CELL / 2} 0)`}
            className={`${css['item'] ?? ''} ${late ? (css['late'] ?? '') : ''} ${now ? (css['now'] ?? '') : ''}`}
          >
            <Mark operation={operation} item={item} circuit={draft.circuit} />
          </g>
        );
      })}
    </svg>
  );
});

const middle = (row: number): number => row * CELL + CELL / 2;

interface MarkProps {
  readonly operation: Operation;
  readonly item: GridItem;
  readonly circuit: Circuit;
}

function Mark({ operation, item, circuit }: MarkProps) {
  switch (operation.kind) {
    case 'gate':
      return <GateMark operation={operation} item={item} />;
    case 'measure':
      return <Meter y={middle(operation.qubit)} label={String(operation.clbit)} />;
    case 'reset':
      return <Box family="other" lo={operation.qubit} hi={operation.qubit} label="|0⟩" />;
    case 'barrier':
      return <path className={css['barrier']} d={`M0 ${item.lo * CELL + 4}V${(item.hi + 1) * CELL - 4}`} />;
    case 'unitary':
    case 'channel':
    case 'if':
      return <Locked item={item} label={lockedLabel(operation, circuit)} />;
  }
}

type Family = 'mix' | 'pauli' | 'phase' | 'turn' | 'pair' | 'other';

const FAMILIES: Readonly<Partial<Record<GateName, Family>>> = {
  h: 'mix',
  x: 'pauli',
  y: 'pauli',
  z: 'pauli',
  id: 'other',
  gphase: 'other',
  rx: 'turn',
  ry: 'turn',
  rz: 'turn',
  u: 'turn',
  s: 'phase',
  sdg: 'phase',
  t: 'phase',
  tdg: 'phase',
  sx: 'phase',
  sxdg: 'phase',
  p: 'phase',
};

export const familyOf = (name: GateName): Family => FAMILIES[name] ?? 'pair';

function GateMark({ operation, item }: { readonly operation: GateOperation; readonly item: GridItem }) {
  const { name, targets, controls } = operation;
  const family = familyOf(name);
  const linked = item.hi > item.lo;
  return (
    <>
      {linked ? (
        <path className={`${css['link'] ?? ''} ${css[family] ?? ''}`} d={`M0 ${middle(item.lo)}V${middle(item.hi)}`} />
      ) : null}
      {controls.map((row) => (
        <circle key={row} className={`${css['dot'] ?? ''} ${css[family] ?? ''}`} cy={middle(row)} r={6} />
      ))}
      <Targets
        name={name}
        rows={targets.length === 0 ? [item.lo] : targets}
        family={family}
        controlled={controls.length > 0}
      >
        {operation.params.map((angle) => prettyAngle(angleLabel(angle))).join(', ')}
      </Targets>
    </>
  );
}

interface TargetsProps {
  readonly name: GateName;
  readonly rows: readonly number[];
  readonly family: Family;
  readonly controlled: boolean;
  readonly children: string;
}

function Targets({ name, rows, family, controlled, children: angles }: TargetsProps) {
  const [first = 0, second] = rows;
  if (name === 'x' && controlled) return <Plus y={middle(first)} />;
  if (name === 'swap') return rows.map((row) => <Cross key={row} y={middle(row)} />);
  if (second === undefined)
    return <Box family={family} lo={first} hi={first} label={GATE_LABELS[name]} small={angles} />;
  const apart = Math.abs(first - second) > 1;
  if (!apart)
    return (
      <Box
        family={family}
        lo={Math.min(first, second)}
        hi={Math.max(first, second)}
        label={GATE_LABELS[name]}
        small={angles}
      />
    );
  return rows.map((row, i) => (
    <Box key={row} family={family} lo={row} hi={row} label={GATE_LABELS[name]} small={i === 0 ? angles : ''} />
  ));
}

interface BoxProps {
  readonly family: Family;
  readonly lo: number;
  readonly hi: number;
  readonly label: string;
  readonly small?: string;
}

/** Longer angles are cut; the properties show them whole. */
const SMALL_MAX = 8;

function Box({ family, lo, hi, label, small = '' }: BoxProps) {
  const y = (middle(lo) + middle(hi)) / 2;
  const cut = small.length > SMALL_MAX ? `${small.slice(0, SMALL_MAX - 1)}…` : small;
  const size = label.length > 4 ? css['tiny'] : label.length > 3 ? css['narrow'] : '';
  return (
    <>
      <rect
        className={`${css['box'] ?? ''} ${css[family] ?? ''}`}
        x={-BOX / 2}
        y={middle(lo) - BOX / 2}
        width={BOX}
        height={(hi - lo) * CELL + BOX}
        rx={8}
      />
      <text className={`${css['label'] ?? ''} ${size ?? ''}`} y={cut === '' ? y : y - 5}>
        {label}
      </text>
      {cut === '' ? null : (
        <text className={css['angle']} y={y + 10}>
          {cut}
        </text>
      )}
    </>
  );
}

function Plus({ y }: { readonly y: number }) {
  return (
    <g className={css['plus']}>
      <circle cy={y} r={13} />
      <path d={`M0 ${y - 13}V${y + 13}M-13 ${y}H13`} />
    </g>
  );
}

function Cross({ y }: { readonly y: number }) {
  return (
    <path
      className={`${css['cross'] ?? ''} ${css['pair'] ?? ''}`}
      d={`M-8 ${y - 8}L8 ${y + 8}M8 ${y - 8}L-8 ${y + 8}`}
    />
  );
}

function Meter({ y, label }: { readonly y: number; readonly label: string }) {
  return (
    <>
      <rect
        className={`${css['box'] ?? ''} ${css['other'] ?? ''}`}
        x={-BOX / 2}
        y={y - BOX / 2}
        width={BOX}
        height={BOX}
        rx={8}
      />
      <path className={css['meter']} d={`M-11 ${y + 4}a11 11 0 0 1 22 0M0 ${y + 4}L7 ${y - 8}`} />
      <text className={css['angle']} y={y + 13}>
        {label}
      </text>
    </>
  );
}

function Locked({ item, label }: { readonly item: GridItem; readonly label: string }) {
  const y = (middle(item.lo) + middle(item.hi)) / 2;
  const cut = label.length > 9 ? `${label.slice(0, 8)}…` : label;
  return (
    <>
      <rect
        className={`${css['box'] ?? ''} ${css['locked'] ?? ''}`}
        x={-BOX / 2 - 3}
        y={middle(item.lo) - BOX / 2}
        width={BOX + 6}
        height={(item.hi - item.lo) * CELL + BOX}
        rx={4}
      />
      <path className={css['lock']} d={`M-5 ${y - 6}h10v7h-10ZM-3 ${y - 6}v-2.5a3 3 0 0 1 6 0v2.5`} />
      <text className={css['angle']} y={y + 12}>
        {cut}
      </text>
    </>
  );
}
