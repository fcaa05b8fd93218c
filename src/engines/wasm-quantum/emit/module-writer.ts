/**
 * Writes WebAssembly modules byte by byte (core specification 2.0, section 5; threads and relaxed-SIMD proposals for
 * atomics and fused multiply-add). Only what the kernels need. Bodies are built by Body (body.ts).
 */
export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = (typeof TYPE)[keyof typeof TYPE];

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface FunctionCode {
  readonly name: string;
  readonly type: FunctionType;
  readonly exported: boolean;
  readonly locals: readonly ValueType[];
  readonly code: readonly number[];
}

export interface MemoryImport {
  readonly minPages: number;
  readonly maxPages: number;
  readonly shared: boolean;
}

const SECTION = { type: 1, import: 2, function: 3, table: 4, export: 7, element: 9, code: 10 } as const;

export function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return out;
}

export function signed(value: number): number[] {
  const out: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    out.push(done ? byte : byte | 0x80);
    if (done) return out;
  }
}

function name(text: string): number[] {
  const bytes = Array.from(text, (char) => char.charCodeAt(0));
  return [...unsigned(bytes.length), ...bytes];
}

/** A module with one imported memory `env.memory`, its functions in order, and a table of those in `table` for indirect calls. */
export function writeModule(
  functions: readonly FunctionCode[],
  memory: MemoryImport,
  table: readonly number[],
): Uint8Array<ArrayBuffer> {
  const types: FunctionType[] = [];
  const typeIndex = functions.map(({ type }) => indexOfType(types, type));
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const section = (id: number, body: readonly number[]): void => {
    out.push(id, ...unsigned(body.length));
    for (const byte of body) out.push(byte);
  };
  const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
  section(
    SECTION.type,
    vector(
      types.map(({ params, results }) => [
        0x60,
        ...unsigned(params.length),
        ...params,
        ...unsigned(results.length),
        ...results,
      ]),
    ),
  );
  const limits = [memory.shared ? 3 : 1, ...unsigned(memory.minPages), ...unsigned(memory.maxPages)];
  section(SECTION.import, vector([[...name('env'), ...name('memory'), 2, ...limits]]));
  section(SECTION.function, vector(typeIndex.map(unsigned)));
  if (table.length > 0) section(SECTION.table, [1, 0x70, 1, ...unsigned(table.length), ...unsigned(table.length)]);
  section(
    SECTION.export,
    vector(functions.flatMap((f, i) => (f.exported ? [[...name(f.name), 0, ...unsigned(i)]] : []))),
  );
  if (table.length > 0) section(SECTION.element, [1, 0, 0x41, 0, 0x0b, ...vector(table.map(unsigned))]);
  section(SECTION.code, vector(functions.map(codeEntry)));
  return Uint8Array.from(out);
}

export function indexOfType(types: FunctionType[], wanted: FunctionType): number {
  const same = types.findIndex(
    ({ params, results }) => String(params) === String(wanted.params) && String(results) === String(wanted.results),
  );
  return same >= 0 ? same : types.push(wanted) - 1;
}

function codeEntry({ locals, code }: FunctionCode): number[] {
  const runs: [number, ValueType][] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === type) last[0] += 1;
    else runs.push([1, type]);
  }
  const body = [
    ...unsigned(runs.length),
    ...runs.flatMap(([count, type]) => [...unsigned(count), type]),
    ...code,
    0x0b,
  ];
  return [...unsigned(body.length), ...body];
}
