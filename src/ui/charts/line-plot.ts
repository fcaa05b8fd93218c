import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartColumns } from '../models/chart-series.ts';

/** This module is a chunk of its own: uPlot (21 kB gzip) arrives with the first chart that has data. */
export interface PlotLine {
  readonly label: string;
  /** Which vertical axis. */
  readonly side: 'left' | 'right';
  readonly format: (value: number) => string;
  readonly dash: readonly number[];
}

export interface PlotColours {
  readonly lines: readonly string[];
  readonly grid: string;
  readonly text: string;
}

export interface PlotOptions {
  readonly lines: readonly PlotLine[];
  readonly formatX: (value: number) => string;
  readonly colours: () => PlotColours;
  readonly fontSize: number;
  /** Axis labels are left out where the numbers stand beside the chart anyway. */
  readonly compact: boolean;
}

export interface Plot {
  data(columns: ChartColumns): void;
  size(width: number, height: number): void;
  redraw(): void;
  close(): void;
}

/** Sides of uPlot, whose const enum cannot be imported under isolatedModules. */
const SIDES = { left: { side: 3 }, right: { side: 1 } };

export function openPlot(host: HTMLElement, width: number, height: number, options: PlotOptions): Plot {
  const font = `${options.fontSize}px system-ui, sans-serif`;
  const axis = (index: number, line: PlotLine): UPlot.Axis => ({
    scale: line.side,
    stroke: () => options.colours().text,
    font,
    size: options.fontSize * 4,
    gap: 6,
    grid: { show: index === 0, stroke: () => options.colours().grid, width: 1 },
    ticks: { show: false },
    space: options.fontSize * 2.6,
    values: (_plot, values) => values.map((value) => line.format(value)),
  });
  const sides = options.lines.filter(
    (line, index, all) => all.findIndex((other) => other.side === line.side) === index,
  );
  const plot = new UPlot(
    {
      width,
      height,
      legend: { show: false },
      cursor: { show: false },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      padding: [options.fontSize * 0.6, sides.length > 1 ? 0 : options.fontSize, 0, 0],
      scales: {
        x: { time: false, range: (_plot, min, max) => (max > min ? [min, max] : [min - 0.5, min + 0.5]) },
        left: { auto: true },
        right: { auto: true },
      },
      series: [
        {},
        ...options.lines.map((line, index): UPlot.Series => ({
          scale: line.side,
          label: line.label,
          stroke: () => options.colours().lines[index] ?? 'currentColor',
          width: Math.max(2, options.fontSize / 7),
          dash: [...line.dash],
          spanGaps: true,
          points: { show: (_plot, _series, from, to) => to - from <= 30, size: options.fontSize * 0.5 },
        })),
      ],
      axes: [
        {
          show: !options.compact,
          stroke: () => options.colours().text,
          font,
          size: options.fontSize * 2.1,
          gap: 4,
          grid: { show: false },
          ticks: { show: false },
          space: options.fontSize * 4,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
          values: (_plot, values) => values.map((value) => options.formatX(value)),
        },
        ...sides.map((line, index) => Object.assign(axis(index, line), SIDES[line.side])),
      ],
    },
    [[], ...options.lines.map(() => [])],
    host,
  );
  return {
    data: (columns) => plot.setData(columns.map((column) => [...column]) as unknown as UPlot.AlignedData),
    size: (nextWidth, nextHeight) => plot.setSize({ width: nextWidth, height: nextHeight }),
    redraw: () => plot.redraw(false, true),
    close: () => plot.destroy(),
  };
}
