import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { piFraction } from './models/state-rows.ts';
import css from './circuit-panel.module.css';

/** Twice around in each direction: half angles see the whole of it. */
const RANGE = 2 * Math.PI;
/** A 128th of a circle: multiples of pi/4, pi/8 and pi/16 are all on the way. */
const STEP = Math.PI / 64;

/** One slider for every symbolic parameter. */
export function ParameterSliders() {
  const { t } = useLabWords();
  const parameters = useLabState((state) => state.draft?.circuit.parameters) ?? [];
  if (parameters.length === 0) return null;
  return (
    <section className={css['parameters']} aria-label={t.parameters.title}>
      <h3>{t.parameters.title}</h3>
      <p className={css['hint']}>{t.parameters.note}</p>
      {parameters.map((name) => (
        <Slider key={name} name={name} />
      ))}
    </section>
  );
}

function Slider({ name }: { readonly name: string }) {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const value = useLabState((state) => state.document.values[name]) ?? 0;
  const turns = piFraction(value) ?? `${f.decimal(value / Math.PI, 3)}π`;
  return (
    <div className={css['slider']}>
      <label>
        <span className={css['symbol']}>{name}</span>
        <input
          type="range"
          min={-RANGE}
          max={RANGE}
          step={STEP}
          value={value}
          aria-label={t.parameters.value(name)}
          aria-valuetext={t.parameters.shown(f.decimal(value, 3), turns)}
          // The browser's own steps start at the minimum, so zero would be missed by rounding.
          onChange={(event) => commands.setValue(name, Math.round(Number(event.target.value) / STEP) * STEP)}
        />
      </label>
      <input
        type="number"
        className={css['number']}
        aria-label={t.parameters.exact(name)}
        step="any"
        value={Number(value.toFixed(4))}
        onChange={(event) => commands.setValue(name, event.target.valueAsNumber)}
      />
      <span className={`num ${css['turns'] ?? ''}`}>{turns}</span>
    </div>
  );
}
