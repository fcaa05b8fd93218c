import type { EngineChoice, PrecisionChoice } from '../../app/lab/lab-state.ts';
import type { CircuitReport } from '../../core/contracts/circuit-service.ts';
import { Icon } from '../primitives/Icon.tsx';
import { Panel } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { secondsText } from './models/seconds-text.ts';
import { useResultsFace } from './use-results-face.ts';
import css from './results.module.css';

const ENGINES: readonly EngineChoice[] = ['auto', 'wasm', 'webgpu', 'cpu'];
const PRECISIONS: readonly PrecisionChoice[] = ['auto', 'f32', 'f64'];

/** What ran, on what, how long it took, and what can be chosen about it. */
export function EnginePanel() {
  const { t } = useLabWords();
  const { commands } = useLab();
  const report = useLabState((state) => state.report);
  const engine = useLabState((state) => state.engine);
  const precision = useLabState((state) => state.precision);
  const noise = useLabState((state) => state.document.noise);
  const face = useResultsFace();
  // Left to itself the simulator takes JavaScript only where nothing faster works.
  const wanted = engine !== 'auto' ? engine : report?.engine === 'cpu' ? 'wasm' : null;
  // With noise a density matrix may take the run over, which the notes say.
  const other = report !== null && wanted !== null && report.engine !== wanted && !noise;
  return (
    <Panel
      title={t.engine.title}
      face={other && face === 'live' ? 'degraded' : face}
      note={
        other
          ? t.engine.degraded(t.engine.names[wanted], t.engine.names[report.engine])
          : report === null
            ? t.engine.empty
            : null
      }
    >
      {report === null ? null : <Chips report={report} />}
      <div className={css['settings']}>
        <label className={css['setting']}>
          {t.engine.choice}
          <select
            className="select"
            value={engine}
            onChange={(event) => {
              const next = ENGINES.find((known) => known === event.target.value);
              if (next !== undefined) commands.setEngine(next);
            }}
          >
            {ENGINES.map((name) => (
              <option key={name} value={name}>
                {t.engine.choices[name]}
              </option>
            ))}
          </select>
        </label>
        <label className={css['setting']}>
          {t.engine.precision}
          <select
            className="select"
            value={precision}
            onChange={(event) => {
              const next = PRECISIONS.find((known) => known === event.target.value);
              if (next !== undefined) commands.setPrecision(next);
            }}
          >
            {PRECISIONS.map((name) => (
              <option key={name} value={name}>
                {t.engine.precisions[name]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <label className={css['check']}>
        <input type="checkbox" checked={noise} onChange={(event) => commands.setNoise(event.target.checked)} />
        <span>
          {t.engine.noise}
          <small>{t.engine.noiseNote}</small>
        </span>
      </label>
      <EngineList />
    </Panel>
  );
}

function Chips({ report }: { readonly report: CircuitReport }) {
  const { t, f } = useLabWords();
  const { plan, seconds } = report;
  const chips = [
    t.engine.names[report.engine],
    t.engine.precisions[report.precision],
    t.engine.threads(report.threads),
    t.engine.gates(plan.gates),
    t.engine.passes(plan.passes),
    t.engine.moved(f.bytes(plan.bytes)),
    ...(plan.dispatches > 0 ? [t.engine.dispatches(plan.dispatches)] : []),
  ];
  const times = [
    [t.engine.parse, seconds.parse],
    [t.engine.plan, seconds.plan],
    [t.engine.run, seconds.run],
    [t.engine.read, seconds.read],
  ] as const;
  return (
    <>
      <ul className={css['chips']}>
        {chips.map((chip) => (
          <li key={chip}>{chip}</li>
        ))}
      </ul>
      <dl className={css['times']}>
        {times.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{secondsText(value, f)}</dd>
          </div>
        ))}
      </dl>
      <p className={css['hint']}>{report.device}</p>
    </>
  );
}

function EngineList() {
  const { t, f } = useLabWords();
  const { commands } = useLab();
  const engines = useLabState((state) => state.engines);
  return (
    <details
      className={css['more']}
      onToggle={(event) => {
        if (event.currentTarget.open) void commands.listEngines();
      }}
    >
      <summary>{t.engine.list}</summary>
      {engines === null ? <p className={css['hint']}>{t.engine.measuring}</p> : null}
      <ul className={css['engines']}>
        {(engines ?? []).map((info) => (
          <li key={`${info.engine} ${info.detail}`}>
            <Icon name={info.available ? 'check' : 'cross'} />
            <span>
              <strong>{t.engine.names[info.engine]}</strong> {info.available ? t.engine.available : t.engine.missing}
              {info.available ? `, ${t.engine.limit(info.qubitsMax)}, ${t.engine.threads(info.threads)}` : ''}
              {info.amplitudesPerSecond === null ? '' : `, ${t.engine.speed(f.compact(info.amplitudesPerSecond))}`}
              {info.chosen ? `, ${t.engine.chosen}` : ''}
              <small>{info.detail}</small>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
