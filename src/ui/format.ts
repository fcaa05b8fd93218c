const MISSING = '–';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function scientific(value: number): string {
  if (!Number.isFinite(value)) return MISSING;
  const [mantissa, exponent] = value.toExponential(0).split('e');
  const raised = (exponent ?? '')
    .replace('+', '')
    .replace('-', '⁻')
    .replaceAll(/\d/gu, (digit) => SUPERSCRIPTS.charAt(Number(digit)));
  return `${mantissa}\u00a0×\u00a010${raised}`;
}

/** Numbers with units through Intl, one object per language. Every function survives NaN, infinity and negative zero. */
export interface Format {
  integer(value: number): string;
  decimal(value: number, digits: number): string;
  /** 0..1 -> "87 %" */
  percent(share: number, digits?: number): string;
  bytes(value: number): string;
  /** "23 s", "4 min", "2 h" */
  duration(milliseconds: number): string;
  /** Clock time with seconds. */
  time(at: number): string;
  /** Clock time, hours and minutes. */
  shortTime(at: number): string;
  /** Large rates: "12.4 k", "3.1 M". */
  compact(value: number): string;
  /** 1e-5 -> "1 × 10⁻⁵" */
  scientific(value: number): string;
  list(items: readonly string[]): string;
  plural(count: number): Intl.LDMLPluralRule;
}

const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function createFormat(language: string): Format {
  const number = (options: Intl.NumberFormatOptions): ((value: number) => string) => {
    const formatter = new Intl.NumberFormat(language, options);
    return (value) => (Number.isFinite(value) ? formatter.format(value === 0 ? 0 : value) : MISSING);
  };
  const digits = [0, 1, 2, 3, 4].map((count) => number({ minimumFractionDigits: count, maximumFractionDigits: count }));
  const sizes = SIZES.map((unit, step) =>
    number({
      style: 'unit',
      unit,
      unitDisplay: step === 0 ? 'long' : 'short',
      maximumFractionDigits: step < 2 ? 0 : 1,
    }),
  );
  const unit = (name: string, maximumFractionDigits = 0): ((value: number) => string) =>
    number({ style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits });
  const millisecond = unit('millisecond');
  const shortSecond = unit('second', 1);
  const second = unit('second');
  const minute = unit('minute');
  const hour = unit('hour', 1);
  const percents = [0, 1, 2].map((count) =>
    number({ style: 'percent', minimumFractionDigits: count, maximumFractionDigits: count }),
  );
  const compact = number({ notation: 'compact', maximumSignificantDigits: 3 });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const shortTime = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  const plural = new Intl.PluralRules(language);
  return {
    integer: (value) => (digits[0] ?? String)(Math.round(value)),
    decimal: (value, count) => (digits[count] ?? String)(value),
    percent: (share, count = 0) => (percents[count] ?? String)(share),
    bytes: (value) => {
      const step = value < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
      return (sizes[step] ?? String)(value / 1000 ** step);
    },
    duration: (ms) => {
      if (ms < 1_000) return millisecond(Math.max(0, ms));
      if (ms < 10_000) return shortSecond(ms / 1_000);
      if (ms < 120_000) return second(ms / 1_000);
      return ms < 7_200_000 ? minute(ms / 60_000) : hour(ms / 3_600_000);
    },
    time: (at) => (Number.isFinite(at) ? time.format(at) : MISSING),
    shortTime: (at) => (Number.isFinite(at) ? shortTime.format(at) : MISSING),
    compact,
    scientific,
    list: (items) => list.format(items),
    plural: (count) => plural.select(count),
  };
}
