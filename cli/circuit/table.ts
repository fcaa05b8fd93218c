import type { CircuitReport, GateCounts, OptimiseReport } from '../../src/core/contracts/circuit-service.ts';
import { at } from '../../src/core/lib/assert.ts';

/** Lines of a list that people read; all of them are in the JSON. */
const LINES_MAX = 32;

/** A report as text for people. */
export function runTable(report: CircuitReport, indices: readonly number[] | null): string {
  const { qubits, seconds, plan, counts, expectations, marginals, notes } = report;
  const lines = [
    `${count(qubits, 'qubit')}, ${count(plan.gates, 'gate')} in ${count(plan.passes, 'pass', 'passes')} on ${report.device}`,
    `${report.engine} engine, ${report.precision}, ${count(report.threads, 'thread')}`,
    `parse ${time(seconds.parse)}, plan ${time(seconds.plan)}, run ${time(seconds.run)}, read ${time(seconds.read)}`,
    ...states(report, indices),
    ...section(
      'qubit   P(1)',
      marginals.map((p, q) => `${String(q).padStart(5)}   ${p.toFixed(6)}`),
    ),
    ...section(
      'expectation',
      expectations.map(({ observable, value, standardError }) => {
        const error = standardError === null ? '' : ` ± ${standardError.toPrecision(2)}`;
        return `  <${observable}> = ${value.toPrecision(10)}${error}`;
      }),
    ),
    ...(counts === null ? [] : countLines(counts)),
    ...notes.map((note) => `Note: ${note}`),
  ];
  return lines.join('\n');
}

function states(
  { qubits, amplitudes, probabilities }: CircuitReport,
  indices: readonly number[] | null,
): readonly string[] {
  if (probabilities === null) return [];
  const rows = probabilities
    .map((probability, i) => ({ index: indices?.[i] ?? i, probability, amplitude: amplitudes?.[i] ?? null }))
    .filter(({ probability }) => indices !== null || probability > 1e-12)
    .sort((a, b) => (indices === null ? b.probability - a.probability : 0));
  return section(
    'state   probability   amplitude',
    rows.map(({ index, probability, amplitude }) => {
      const ket = `|${index
        .toString(2)
        .padStart(qubits, '0')
        .slice(-qubits || Infinity)}>`;
      const complex = amplitude === null ? '' : `   ${signed(amplitude[0])} ${signed(amplitude[1])}i`;
      return `  ${ket}  ${probability.toFixed(6)}${complex}`;
    }),
  );
}

function countLines(counts: Readonly<Record<string, number>>): readonly string[] {
  const entries = Object.entries(counts).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const shots = entries.reduce((sum, [, n]) => sum + n, 0);
  return section(
    `counts of ${shots} shots`,
    entries.map(([key, n]) => `  ${key === '' ? '(nothing)' : key}  ${n}`),
  );
}

function section(title: string, rows: readonly string[]): readonly string[] {
  if (rows.length === 0) return [];
  const hidden = rows.length - LINES_MAX;
  const more = hidden > 0 ? [`  and ${hidden} more (--json has all)`] : [];
  return ['', title, ...rows.slice(0, LINES_MAX), ...more];
}

/** Before and after, side by side. */
export function optimiseTable({ before, after, seconds, equivalence, changed, permutation }: OptimiseReport): string {
  const row = (label: string, key: keyof GateCounts): string =>
    `${label.padEnd(16)}${String(before[key]).padStart(9)}${String(after[key]).padStart(9)}`;
  const moved = permutation.flatMap((to, from) => (to === from ? [] : [`${from} -> ${to}`]));
  return [
    `${''.padEnd(16)}${'before'.padStart(9)}${'after'.padStart(9)}`,
    row('gates', 'total'),
    row('T', 't'),
    row('two-qubit', 'twoQubit'),
    row('depth', 'depth'),
    `${time(seconds)}; ${changed ? 'changed' : 'not changed'}`,
    `${equivalence.checked ? 'Checked' : 'Not checked'}: ${equivalence.method}`,
    ...(moved.length === 0 ? [] : [`Qubits moved: ${moved.join(', ')}`]),
  ].join('\n');
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(6)}`;

const UNITS = [
  [1, 's'],
  [1e-3, 'ms'],
  [1e-6, 'µs'],
] as const;

function time(seconds: number): string {
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? at(UNITS, 2);
  return `${(seconds / size).toPrecision(3)} ${unit}`;
}
