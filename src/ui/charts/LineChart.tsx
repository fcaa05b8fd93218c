import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { ChartColumns } from '../models/chart-series.ts';
import { readColours } from '../primitives/colours.ts';
import { useMedia } from '../primitives/use-now.ts';
import { usePreferences, useWords } from '../strings/language.tsx';
import type { Plot, PlotLine } from './line-plot.ts';
import css from './line-chart.module.css';

/** Custom properties of tokens.css that a line may have. */
export type LineColour = 'accent' | 'good' | 'ink-3' | 'state-sealing';

export interface ChartLine extends PlotLine {
  /** Beside the line's sample; the label by default. */
  readonly legend?: string;
  readonly colour: LineColour;
}

export interface LineChartProps {
  readonly columns: ChartColumns;
  readonly lines: readonly ChartLine[];
  readonly xLabel: string;
  readonly formatX: (value: number) => string;
  /** What the chart shows, in words: its accessible name. */
  readonly sentence: string;
  /** Text in the place of the chart while there is no point. */
  readonly empty: string;
  /** The chart fills the height that its parent gives it. */
  readonly fill?: boolean;
  readonly compact?: boolean;
  readonly table?: boolean;
}

/** The same numbers twice: as a picture (uPlot, fetched with the first data) and as a table behind a button. */
export function LineChart(props: LineChartProps) {
  const { t } = useWords();
  const preferences = usePreferences();
  const theme = useStore(preferences, (state) => state.theme);
  const dark = useMedia('(prefers-color-scheme: dark)');
  const [asTable, setAsTable] = useState(false);
  // Colours and number formats are fixed when the picture is made; another theme or language makes another picture.
  const look = `${theme} ${dark} ${t.language}`;
  const points = props.columns[0].length;
  return (
    <div className={`${css['chart'] ?? ''} ${props.fill === true ? (css['fill'] ?? '') : ''}`}>
      {points === 0 ? (
        <p className={css['empty']}>{props.empty}</p>
      ) : asTable ? (
        <ChartTable {...props} />
      ) : (
        <Picture key={look} {...props} />
      )}
      <div className={css['foot']}>
        <ul className={css['legend']}>
          {props.lines.map((line) => (
            <li key={line.label}>
              <svg viewBox="0 0 24 8" className={css[line.colour]} aria-hidden="true">
                <path
                  d="M0 4h24"
                  fill="none"
                  stroke="currentColor"
                  strokeWidth="2.5"
                  strokeDasharray={line.dash.join(' ')}
                />
              </svg>
              {line.legend ?? line.label}
            </li>
          ))}
        </ul>
        {props.table === false || points === 0 ? null : (
          <button type="button" className="button button-quiet button-small" onClick={() => setAsTable(!asTable)}>
            {asTable ? t.chrome.showChart : t.chrome.showTable}
          </button>
        )}
      </div>
    </div>
  );
}

function Picture(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let gone = false;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.current?.size(element.clientWidth, element.clientHeight);
    });
    import('./line-plot.ts').then(
      ({ openPlot }) => {
        if (gone) return;
        const fontSize = 0.8125 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
        const colours = readPlotColours(latest.current.lines);
        plot.current = openPlot(element, element.clientWidth, element.clientHeight, {
          lines: latest.current.lines,
          formatX: (value) => latest.current.formatX(value),
          colours: () => colours,
          fontSize,
          compact: latest.current.compact ?? false,
        });
        plot.current.data(latest.current.columns);
        observer.observe(element);
      },
      // The chunk did not arrive: the sentence and the table still say everything.
      () => undefined,
    );
    return () => {
      gone = true;
      observer.disconnect();
      plot.current?.close();
      plot.current = null;
    };
  }, []);

  useEffect(() => plot.current?.data(props.columns), [props.columns]);

  return <div ref={host} className={css['picture']} role="img" aria-label={props.sentence} />;
}

function readPlotColours(lines: readonly ChartLine[]) {
  const read = readColours([...lines.map((line) => line.colour), 'line', 'ink-3']);
  return { lines: lines.map((line) => read[line.colour]), grid: read.line, text: read['ink-3'] };
}

/** Newest rows first; a long run is shown by its last rows, the thinned series is in the picture. */
const TABLE_ROWS_MAX = 60;

function ChartTable(props: LineChartProps) {
  const [x, ...lines] = props.columns;
  const rows = x.map((value, index) => ({ value, cells: lines.map((line) => line[index] ?? null) }));
  return (
    // A region that scrolls must be reachable by keyboard.
    <div className={css['table']} role="region" aria-label={props.sentence} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{props.xLabel}</th>
            {props.lines.map((line) => (
              <th key={line.label} scope="col">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows
            .toReversed()
            .slice(0, TABLE_ROWS_MAX)
            .map((row) => (
              <tr key={row.value}>
                <th scope="row">{props.formatX(row.value)}</th>
                {row.cells.map((cell, index) => (
                  <td key={props.lines[index]?.label ?? index}>
                    {cell === null ? '–' : props.lines[index]?.format(cell)}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
