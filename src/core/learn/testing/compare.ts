/** 'close', or a sentence for the test's report. A value that is not a number is never close. */
export function closeness(what: string, value: number, bound: number): string {
  return value <= bound ? 'close' : `${what}: got ${value}, expected at most ${bound}`;
}

/** L2 norm. */
export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? Number.NaN) ** 2;
  return Math.sqrt(sum);
}
