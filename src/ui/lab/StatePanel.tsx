import { useEffect, useMemo, type CSSProperties } from 'react';
import { AMPLITUDES_QUBITS_MAX, FIRST_AMPLITUDES } from '../../app/lab/requests.ts';
import { bitName } from '../../app/lab/registers.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useAnnouncer } from '../primitives/use-announcer.ts';
import { useLabWords, type LabWords } from '../strings/lab-language.tsx';
import { useLabState } from './lab-context.ts';
import {
  complexText,
  hueOf,
  phaseOf,
  piFraction,
  stateList,
  type StateList,
  type StateRow,
} from './models/state-rows.ts';
import { RunStatus, RunWord } from './RunStatus.tsx';
import { ShareBar } from './ShareBar.tsx';
import { useResultsFace, useStaleNote } from './use-results-face.ts';
import css from './results.module.css';

/** The state vector: likeliest basis states with probability, amplitude and phase. */
export function StatePanel() {
  const words = useLabWords();
  const { t, f } = words;
  const report = useLabState((state) => state.report);
  const registers = useLabState((state) => state.draft?.circuit.quantumRegisters);
  const face = useResultsFace();
  const list = useMemo(() => (report === null ? null : stateList(report)), [report]);
  const note = useStaleNote() ?? (list === null ? t.state.empty : null);
  return (
    <Panel title={t.state.title} face={face} note={note} aside={<RunWord />}>
      <RunStatus />
      {list === null || report === null ? null : (
        <>
          <StateTable list={list} words={words} />
          <ul className={css['notes']}>
            {list.mixed && list.known > 0 ? <li>{t.state.mixed}</li> : null}
            {report.qubits > AMPLITUDES_QUBITS_MAX ? <li>{t.state.firstOnly(FIRST_AMPLITUDES)}</li> : null}
            {list.rows.length < list.occupied ? (
              <li>{t.state.listed(list.rows.length, list.occupied, f.percent(list.covered, 1))}</li>
            ) : null}
            {registers !== undefined && report.qubits > 1 ? (
              <li>{t.state.order(bitOrder(report.qubits, registers))}</li>
            ) : null}
            {report.notes.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <Spoken list={list} words={words} />
        </>
      )}
    </Panel>
  );
}

function bitOrder(qubits: number, registers: Parameters<typeof bitName>[0]): string {
  const [last, first] = [bitName(registers, qubits - 1), bitName(registers, 0)];
  return qubits === 2 ? `${last}, ${first}` : `${last} … ${first}`;
}

function StateTable({ list, words }: { readonly list: StateList; readonly words: LabWords }) {
  const { t } = words;
  return (
    <div className={css['scroll']} role="region" aria-label={t.state.list} tabIndex={0}>
      <table className={css['state']}>
        <thead>
          <tr>
            <th scope="col">{t.state.basis}</th>
            <th scope="col">{t.state.probability}</th>
            <th scope="col" className={css['amplitude']}>
              {t.state.amplitude}
            </th>
            <th scope="col">{t.state.phase}</th>
          </tr>
        </thead>
        <tbody>
          {list.rows.map((row) => (
            <Row key={row.index} row={row} words={words} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row, words: { t, f } }: { readonly row: StateRow; readonly words: LabWords }) {
  const phase = row.amplitude === null ? null : phaseOf(row.amplitude);
  const style = {
    '--share': Math.min(1, row.probability),
    ...(phase === null ? {} : { '--hue': hueOf(phase) }),
  } as CSSProperties;
  return (
    <tr style={style} data-empty={row.probability < 5e-7 ? '' : undefined}>
      <th scope="row">|{row.bits}⟩</th>
      <td>
        <ShareBar phased={phase !== null} text={f.percent(row.probability, 1)} />
      </td>
      <td className={`num ${css['amplitude'] ?? ''}`}>
        {row.amplitude === null ? '–' : complexText(row.amplitude[0], row.amplitude[1], (value) => f.decimal(value, 3))}
      </td>
      <td>
        {phase === null ? (
          <span className="visually-hidden">{t.state.noPhase}</span>
        ) : (
          <span className={css['phase']}>
            <Dial phase={phase} />
            <span className="num">{piFraction(phase) ?? f.decimal(phase, 2)}</span>
          </span>
        )}
      </td>
    </tr>
  );
}

/** A hand on a clock whose zero points right and that runs against the clock, as angles do. */
function Dial({ phase }: { readonly phase: number }) {
  return (
    <svg className={css['dial']} viewBox="-10 -10 20 20" aria-hidden="true">
      <circle r="8.6" />
      <path d={`M0 0L${(7.4 * Math.cos(phase)).toFixed(2)} ${(-7.4 * Math.sin(phase)).toFixed(2)}`} />
    </svg>
  );
}

/** Said after a change, at most once in five seconds. */
const SPOKEN_ROWS = 4;

function Spoken({ list, words: { t, f } }: { readonly list: StateList; readonly words: LabWords }) {
  const { text, say } = useAnnouncer();
  const sentence = useMemo(() => {
    const rows = list.rows
      .filter(({ probability }) => probability >= 5e-4)
      .toSorted((a, b) => b.probability - a.probability);
    const said = rows
      .slice(0, SPOKEN_ROWS)
      .map(({ bits, probability }) => t.state.spokenRow(bits, f.percent(probability)));
    if (rows.length > SPOKEN_ROWS) said.push(t.state.spokenMore(rows.length - SPOKEN_ROWS));
    return t.state.spoken(f.list(said));
  }, [list, t, f]);
  useEffect(() => say('state', sentence), [sentence, say]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}
