import { useId, useMemo } from 'react';
import type { LossPoint } from '../../core/federation/run-view.ts';
import { LineChart, type ChartLine } from '../charts/LineChart.tsx';
import { columns, trend } from '../models/chart-series.ts';
import { useWords } from '../strings/language.tsx';
import screen from './screen.module.css';

export interface QualityPanelProps {
  readonly losses: readonly LossPoint[];
  readonly className: string | undefined;
}

/** Is the model getting better? */
export function QualityPanel({ losses, className }: QualityPanelProps) {
  const { t, f } = useWords();
  const id = useId();
  const data = useMemo(
    () =>
      columns(
        losses,
        (point) => point.round,
        (point) => point.loss,
        (point) => point.accuracy,
      ),
    [losses],
  );
  const way = trend(losses.map((point) => point.loss));
  const latest = losses.at(-1);
  const sentence = way === null ? t.audience.lossEmpty : t.audience.lossSentence(way.first, way.last, way.change);
  const lines: readonly ChartLine[] = [
    {
      label: t.audience.loss,
      legend: way === null ? t.audience.loss : sentence,
      side: 'left',
      colour: 'accent',
      dash: [],
      format: (value) => f.decimal(value, 2),
    },
    {
      label: t.audience.accuracy,
      side: 'right',
      colour: 'state-sealing',
      dash: [6, 4],
      format: (value) => f.percent(value),
    },
  ];
  return (
    <section className={`${screen['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id}>
      <div className={screen['row']}>
        <h2 id={id} className={screen['title']}>
          {t.audience.quality}
        </h2>
        {latest === undefined ? null : (
          <p>
            <span className={screen['big']}>{f.percent(latest.accuracy, 1)}</span>{' '}
            <span className={screen['quiet']}>{t.audience.accuracy}</span>
          </p>
        )}
      </div>
      <div className={screen['grow']}>
        <LineChart
          columns={data}
          lines={lines}
          xLabel={t.model.round}
          formatX={f.integer}
          sentence={`${t.audience.quality} ${sentence}`}
          empty={t.audience.lossEmpty}
          fill
        />
      </div>
    </section>
  );
}
