import { memo } from 'react';
import { BLOCH_QUBITS_MAX } from '../../app/lab/requests.ts';
import { bitName } from '../../app/lab/registers.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLabState } from './lab-context.ts';
import { circlePath, lengthOf, placeOf, project } from './models/bloch.ts';
import { useResultsFace, useStaleNote } from './use-results-face.ts';
import css from './bloch-panel.module.css';

/** The reduced state of each qubit: its Bloch vector, and how likely it reads 1. */
export function BlochPanel() {
  const { t } = useLabWords();
  const report = useLabState((state) => state.report);
  const registers = useLabState((state) => state.draft?.circuit.quantumRegisters) ?? [];
  const face = useResultsFace();
  const stale = useStaleNote();
  if (report === null) return <Panel title={t.bloch.title} face={face} note={t.bloch.empty} />;
  const note = report.qubits > BLOCH_QUBITS_MAX ? t.bloch.tooMany : t.bloch.note;
  return (
    <Panel title={t.bloch.title} face={face} note={stale ?? note}>
      <ul className={css['list']}>
        {report.marginals.map((one, qubit) => {
          const vector = report.bloch?.[qubit] ?? null;
          return (
            <Qubit
              // Qubits are known by their number.
              // eslint-disable-next-line react/no-array-index-key
              key={qubit}
              name={bitName(registers, qubit)}
              one={one}
              x={vector?.[0] ?? null}
              y={vector?.[1] ?? null}
              z={vector?.[2] ?? null}
            />
          );
        })}
      </ul>
    </Panel>
  );
}

interface QubitProps {
  readonly name: string;
  readonly one: number;
  readonly x: number | null;
  readonly y: number | null;
  readonly z: number | null;
}

const RADIUS = 40;
const EQUATOR = circlePath('xy', RADIUS);
const MERIDIAN = circlePath('xz', RADIUS);

/** Drawn again only when its numbers change. */
const Qubit = memo(function Qubit({ name, one, x, y, z }: QubitProps) {
  const { t, f } = useLabWords();
  return (
    <li className={css['qubit']}>
      <h3>{name}</h3>
      {x === null || y === null || z === null ? null : <Sphere name={name} vector={[x, y, z]} />}
      <p className={css['one']}>
        <span>{t.bloch.one}</span>
        <strong className="num">{f.percent(one, 1)}</strong>
      </p>
      <meter min={0} max={1} value={Math.min(1, Math.max(0, one))} aria-label={`${t.bloch.one}, ${name}`} />
    </li>
  );
});

function Sphere({ name, vector }: { readonly name: string; readonly vector: readonly [number, number, number] }) {
  const { t, f } = useLabWords();
  const tip = project(vector);
  const place = t.bloch.places[placeOf(vector)];
  const [x, y, z] = vector.map((part) => f.decimal(Math.abs(part) < 5e-3 ? 0 : part, 2));
  const length = lengthOf(vector);
  const end = { x: tip.x * RADIUS, y: tip.y * RADIUS };
  return (
    <>
      <svg
        className={css['sphere']}
        viewBox="-50 -52 100 104"
        role="img"
        aria-label={t.bloch.label(name, place, x ?? '', y ?? '', z ?? '')}
      >
        <circle className={css['ball']} r={RADIUS} />
        <path className={css['circle']} d={EQUATOR} />
        <path className={css['circle']} d={MERIDIAN} />
        <path className={css['axis']} d={`M0 ${-RADIUS}V${RADIUS}`} />
        <text y={-RADIUS - 4}>0</text>
        <text y={RADIUS + 9}>1</text>
        {length < 0.02 ? (
          <circle className={css['tip']} r={4} />
        ) : (
          <g className={tip.behind ? css['behind'] : undefined}>
            <path className={css['arrow']} d={`M0 0L${end.x.toFixed(2)} ${end.y.toFixed(2)}`} />
            <circle className={css['tip']} cx={end.x} cy={end.y} r={4} />
          </g>
        )}
      </svg>
      <p className={css['place']}>{t.bloch.short(place, f.decimal(length, 2))}</p>
    </>
  );
}
