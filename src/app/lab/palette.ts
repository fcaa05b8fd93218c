import type { Angle } from '../../core/quantum/circuit/angle.ts';
import type { GateName } from '../../core/quantum/circuit/circuit.ts';
import { GATES } from '../../core/quantum/circuit/gate-table.ts';
import { GATE_LABELS } from '../../core/quantum/diagram/labels.ts';

/** What can be placed on the grid, by one name each. */
export type PaletteId =
  | Exclude<GateName, 'id' | 'gphase'>
  | 'cx'
  | 'cz'
  | 'ccx'
  | 'control'
  | 'measure'
  | 'reset'
  | 'barrier';

export type PaletteGroup = 'basic' | 'phase' | 'turn' | 'pair' | 'other';

export interface PaletteItem {
  readonly id: PaletteId;
  /** Key that places it while the grid has the focus; capital letters mean with shift. */
  readonly key: string | null;
  readonly group: PaletteGroup;
  readonly label: string;
}

/** Gates have the labels that drawings give them; only what is no gate of its own brings one along. */
const item = (group: PaletteGroup, id: PaletteId, key: string | null = null, label?: string): PaletteItem => ({
  id,
  key,
  group,
  label: label ?? (isGateName(id) ? GATE_LABELS[id] : id),
});

export const PALETTE: readonly PaletteItem[] = [
  item('basic', 'h', 'h'),
  item('basic', 'x', 'x'),
  item('basic', 'y', 'y'),
  item('basic', 'z', 'z'),
  item('pair', 'control', 'c', '●'),
  item('pair', 'cx', 'n', 'CX'),
  item('pair', 'cz', 'k', 'CZ'),
  item('pair', 'swap', 'w'),
  item('pair', 'ccx', 'o', 'CCX'),
  item('phase', 's', 's'),
  item('phase', 'sdg', 'S'),
  item('phase', 't', 't'),
  item('phase', 'tdg', 'T'),
  item('phase', 'sx', 'v'),
  item('phase', 'sxdg', 'V'),
  item('turn', 'rx', 'X'),
  item('turn', 'ry', 'Y'),
  item('turn', 'rz', 'Z'),
  item('turn', 'p', 'p'),
  item('turn', 'u', 'u'),
  item('other', 'measure', 'm', 'M'),
  item('other', 'reset', 'r', 'Reset'),
  item('other', 'barrier', 'b', '┆'),
  item('pair', 'rxx'),
  item('pair', 'ryy'),
  item('pair', 'rzz'),
  item('pair', 'rzx'),
  item('pair', 'iswap'),
  item('pair', 'ecr'),
  item('pair', 'xxplusyy'),
];

export const GROUPS: readonly PaletteGroup[] = ['basic', 'pair', 'phase', 'turn', 'other'];

export const paletteByKey: ReadonlyMap<string, PaletteItem> = new Map(
  PALETTE.flatMap((entry) => (entry.key === null ? [] : [[entry.key, entry] as const])),
);

export function isGateName(name: string): name is GateName {
  return Object.hasOwn(GATES, name);
}

/** A quarter turn shows at once that something turned; the angle is edited afterwards. */
export function firstAngles(name: GateName): readonly Angle[] {
  if (name === 'u') return [Math.PI / 2, 0, Math.PI];
  return GATES[name].params.map((_, i) => (i === 0 ? Math.PI / 2 : 0));
}
