import { LineChart, type ChartLine } from '../charts/LineChart.tsx';
import { columns, trend } from '../models/chart-series.ts';
import { useApp, useLive, usePage, useSession } from '../pages/app-context.ts';
import { Panel } from '../primitives/Panel.tsx';
import { useWords } from '../strings/language.tsx';
import css from './model-panel.module.css';

/** Is the shared model getting better? In the tab's own held-back text once there is some, else on the relay's probe text. */
export function ModelPanel() {
  const { t, f } = useWords();
  const own = useSession((view) => view?.heldBack ?? null);
  const probe = useLive((state) => state.view?.losses ?? null);
  const round = useLive((state) => state.view?.round ?? null);
  const roundsMax = useLive((state) => state.view?.roundsMax ?? 0);
  const mine = own !== null && own.length > 0;
  const points = mine
    ? own.map((point) => ({ round: point.version, loss: point.loss, accuracy: point.accuracy }))
    : (probe ?? []);
  const latest = points.at(-1);
  const way = trend(points.map((point) => point.loss));
  const data = columns(
    points,
    (point) => point.round,
    (point) => point.loss,
  );
  const where = mine ? t.model.yours : t.model.probe;
  const lines: readonly ChartLine[] = [
    {
      label: `${t.model.loss}, ${t.model.lossUnit}`,
      side: 'left',
      colour: 'accent',
      dash: [],
      format: (value) => f.decimal(value, 2),
    },
  ];
  const sentence =
    way === null
      ? latest === undefined
        ? t.model.empty
        : t.model.one
      : t.model.sentence(way.first, way.last, way.change);
  return (
    <Panel
      title={t.model.title}
      face={latest === undefined ? 'empty' : 'live'}
      aside={round === null ? undefined : t.model.roundOf(round, roundsMax)}
    >
      {latest === undefined ? null : (
        <dl className={css['numbers']}>
          <div>
            <dt>{t.model.accuracy}</dt>
            <dd>{f.percent(latest.accuracy, 1)}</dd>
          </div>
          <div>
            <dt>{t.model.loss}</dt>
            <dd>{f.decimal(latest.loss, 3)}</dd>
          </div>
        </dl>
      )}
      {latest === undefined ? null : <p className={css['where']}>{where}</p>}
      <LineChart
        columns={data}
        lines={lines}
        xLabel={t.model.round}
        formatX={f.integer}
        sentence={`${t.model.title}, ${where}. ${sentence}`}
        empty={t.model.empty}
      />
      {latest === undefined ? null : <p className={css['sentence']}>{sentence}</p>}
      <Download />
    </Panel>
  );
}

function Download() {
  const { t } = useWords();
  const { commands } = useApp();
  const download = usePage((state) => state.download);
  const ready = useSession((view) => view?.model.state === 'ready' && view.config !== null);
  if (!ready) return null;
  return (
    <div className={css['download']}>
      <button
        type="button"
        className="button"
        aria-disabled={download === 'preparing'}
        onClick={() => void commands.download()}
      >
        {download === 'preparing' ? t.model.downloading : t.model.download}
      </button>
      <p>{typeof download === 'object' ? t.model.downloadFailed(download.failed) : t.model.downloadNote}</p>
    </div>
  );
}
