import { GROUPS, isGateName, PALETTE, type PaletteId, type PaletteItem } from '../../app/lab/palette.ts';
import { useLabWords } from '../strings/lab-language.tsx';
import { familyOf } from './CircuitDrawing.tsx';
import type { GateDrag } from './use-gate-drag.ts';
import css from './palette.module.css';

interface PaletteProps {
  readonly gateDrag: GateDrag;
  readonly onPlace: (id: PaletteId) => void;
}

/** Everything that can be placed: dragged onto a wire, or pressed to go to the cursor. */
export function Palette({ gateDrag, onPlace }: PaletteProps) {
  const { t } = useLabWords();
  return (
    <div className={css['palette']} role="group" aria-label={t.circuit.palette}>
      {GROUPS.map((group) => (
        <div key={group} className={css['group']} role="group" aria-label={t.circuit.groups[group]}>
          {PALETTE.filter((item) => item.group === group).map((item) => (
            <button
              key={item.id}
              type="button"
              className={`${css['gate'] ?? ''} ${css[look(item)] ?? ''} ${item.label.length > 3 ? (css['long'] ?? '') : ''}`}
              aria-label={t.circuit.paletteItem(named(item.label, t.circuit.gates[item.id]), spokenKey(item.key))}
              title={t.circuit.paletteItem(t.circuit.gates[item.id], spokenKey(item.key))}
              onPointerDown={(event) => gateDrag.begin(event, { kind: 'new', id: item.id }, item.label)}
              onClick={() => {
                if (!gateDrag.wasDrag()) onPlace(item.id);
              }}
            >
              <span aria-hidden="true">{item.label}</span>
              {item.key === null ? null : (
                <kbd aria-hidden="true">{item.key === item.key.toUpperCase() ? `⇧${item.key}` : item.key}</kbd>
              )}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

function look({ id }: PaletteItem): string {
  if (isGateName(id)) return familyOf(id);
  return id === 'measure' || id === 'reset' || id === 'barrier' ? 'other' : 'pauli';
}

/** What is written on a button is part of its name, so that people who speak to it are understood (WCAG 2.5.3). */
function named(label: string, name: string): string {
  const said = !/\w/u.test(label) || name.toLowerCase().includes(label.toLowerCase());
  return said ? name : `${label}: ${name}`;
}

const spokenKey = (key: string | null): string | null =>
  key !== null && key === key.toUpperCase() ? `shift ${key}` : key;
