/**
 * What the tile kernels have in common, as WGSL text: codes of the operations, index arithmetic, and the operations on the
 * register variables a0, a1, ... They are written out, because an array that is indexed by a loop variable ends up in
 * memory on some compilers. The programs come from src/engines/webgpu/plan.
 */

/** Threads of a workgroup: what every device allows (maxComputeInvocationsPerWorkgroup of the core limits). */
export const TILE_THREADS_LOG2 = 8;

/** Operation codes; `base + register` where an operation has a target register. Shared by kernel and encoder. */
export const TILE_CODES = {
  /** Complex 2x2 matrix. */
  general: 0,
  /** Real 2x2 matrix. */
  real: 4,
  /** Real diagonal, imaginary elsewhere. */
  imaginary: 8,
  /** Complex 2x2 matrix where the condition holds. */
  controlled: 12,
  /** Exchange where the condition holds. */
  flip: 16,
  /** Complex 4x4 matrix where the condition holds; + index of the register pair (see `registerPairs`). */
  pair: 20,
  /** Signs: terms (mask, pattern), two a vec4. */
  signs: 26,
  /** Phases by terms of at most two register bits: (mask, slot, re, im). */
  phases: 27,
  /** One phase on a pattern of registers. */
  phase: 28,
  /** Only going backwards: sums over conj(lambda) psi for a matrix on a register, on a register pair, for four terms. */
  measure: 32,
  measurePair: 36,
  measureTerms: 40,
} as const;

/** Register pairs (low, high) in the order of the codes. */
export function registerPairs(registers: number): readonly (readonly [low: number, high: number])[] {
  const pairs: [number, number][] = [];
  for (let high = 1; high < registers; high++) for (let low = 0; low < high; low++) pairs.push([low, high]);
  return pairs;
}

/** Slot of a phase term: 0 without register bits, 1 + r with one, then the pairs. */
export function phaseSlot(registers: number, bits: readonly number[]): number {
  const [low, high] = bits;
  if (low === undefined) return 0;
  if (high === undefined) return 1 + low;
  return 1 + registers + registerPairs(registers).findIndex(([a, b]) => a === low && b === high);
}

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);
export const lines = (items: readonly string[]): string => items.join('\n');
export const caseOf = (code: number, body: string): string => `      case ${code}u: {\n${body}\n      }`;

/** Needs the bindings `job` (load, store, low) and a tile of 2^(registers + 8) amplitudes. */
export function tileFunctions(registers: number): string {
  const tile = registers + TILE_THREADS_LOG2;
  return `fn times(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// One row of a complex 2x2 matrix (re0, im0, re1, im1) times (a, b).
fn row(m: vec4f, a: vec2f, b: vec2f) -> vec2f {
  return m.x * a + m.y * vec2f(-a.y, a.x) + m.z * b + m.w * vec2f(-b.y, b.x);
}

fn load_qubit(bit: u32) -> u32 {
  return job.load[bit >> 2u][bit & 3u];
}

fn store_qubit(bit: u32) -> u32 {
  return job.store[bit >> 2u][bit & 3u];
}

// Tile bits of a thread: four bits of \`places\` say where each of its eight bits goes.
fn deposit(thread: u32, places: u32) -> u32 {
  return ${range(8)
    .map((i) => `(((thread >> ${i}u) & 1u) << ((places >> ${4 * i}u) & 15u))`)
    .join('\n    | ')};
}

fn load_address(thread: u32, places: u32) -> u32 {
  return ${range(8)
    .map((i) => `(((thread >> ${i}u) & 1u) << load_qubit((places >> ${4 * i}u) & 15u))`)
    .join('\n    | ')};
}

fn store_address(thread: u32, places: u32) -> u32 {
  return ${range(8)
    .map((i) => `(((thread >> ${i}u) & 1u) << store_qubit((places >> ${4 * i}u) & 15u))`)
    .join('\n    | ')};
}

// Index of the group's first amplitude: zeros at the qubits of the tile.
fn spread(group: u32) -> u32 {
  var index = group << job.low;
  for (var bit = job.low; bit < ${tile}u; bit++) {
    let qubit = load_qubit(bit);
    let below = index & ((1u << qubit) - 1u);
    index = ((index ^ below) << 1u) | below;
  }
  return index;
}

// Place of a tile index in workgroup memory. Exclusive-ors spread power-of-two strides over the banks; linear in the bits.
fn place(i: u32) -> u32 {
  return i ^ ((i >> 4u) & 15u) ^ ((i >> 8u) & 15u);
}

`;
}

/** ` | g0 | g2` for k = 5. */
export function sum(name: string, k: number, operator: '|' | '^' = '|'): string {
  let text = '';
  for (let r = 0; 2 ** r <= k; r++) if (((k >> r) & 1) === 1) text += ` ${operator} ${name}${r}`;
  return text;
}

export interface TileCase {
  readonly code: number;
  /** What is worked out once, then what is done to a0, a1, ... */
  readonly before: string;
  readonly body: string;
}

export function tileOperations(registers: number): readonly TileCase[] {
  const c = TILE_CODES;
  const each = (base: number, before: string, body: (a: number, b: number) => string): TileCase[] =>
    range(registers).map((r) => ({ code: base + r, before, body: pairwise(registers, r, body) }));
  const pairs = registerPairs(registers).map(([low, high], i) => pairOperation(registers, c.pair + i, low, high));
  return [
    ...each(c.general, MATRIX, general),
    ...each(c.real, SMALL, scaled),
    ...each(c.imaginary, SMALL, turned),
    ...each(c.controlled, CONDITION + MATRIX, (a, b) => when(a, general(a, b))),
    ...each(c.flip, CONDITION, (a, b) => when(a, exchange(a, b))),
    ...pairs,
    { code: c.signs, ...signs(registers) },
    { code: c.phases, ...phases(registers) },
    { code: c.phase, ...onePhase(registers) },
  ];
}

/** `d0` and `d1` are what follows the header: read with it, so that a matrix does not wait for the choice of the case. */
const MATRIX = `          let m0 = bitcast<vec4f>(d0);
          let m1 = bitcast<vec4f>(d1);
`;
const SMALL = `          let m = bitcast<vec4f>(d0);
`;
/** Bit k of \`held\`: the operation acts on register k of this thread. */
const CONDITION = `          let held = select(0u, op.w, (index & op.z) == op.z);
`;

function pairwise(registers: number, r: number, body: (a: number, b: number) => string): string {
  const low = range(2 ** registers).filter((k) => ((k >> r) & 1) === 0);
  return lines(low.map((k) => `          {\n${body(k, k + 2 ** r)}\n          }`));
}

const general = (a: number, b: number): string => `            let x = a${a};
            a${a} = row(m0, x, a${b});
            a${b} = row(m1, x, a${b});`;

const scaled = (a: number, b: number): string => `            let x = a${a};
            a${a} = m.x * x + m.y * a${b};
            a${b} = m.z * x + m.w * a${b};`;

/** Off-diagonal entries i y and i z. */
const turned = (a: number, b: number): string => `            let x = a${a};
            a${a} = m.x * x + m.y * vec2f(-a${b}.y, a${b}.x);
            a${b} = m.z * vec2f(-x.y, x.x) + m.w * a${b};`;

const exchange = (a: number, b: number): string => `            let x = a${a};
            a${a} = a${b};
            a${b} = x;`;

const when = (k: number, body: string): string => `            if ((held & ${2 ** k}u) != 0u) {
${body}
            }`;

function pairOperation(registers: number, code: number, low: number, high: number): TileCase {
  const bases = range(2 ** registers).filter((k) => ((k >> low) & 1) === 0 && ((k >> high) & 1) === 0);
  const rows = range(4).flatMap((r) => [
    `          let m${r}l = bitcast<vec4f>(program[at + ${1 + 2 * r}u]);`,
    `          let m${r}h = bitcast<vec4f>(program[at + ${2 + 2 * r}u]);`,
  ]);
  const blocks = bases.map((k) => {
    const [a, b, c, d] = [k, k + 2 ** low, k + 2 ** high, k + 2 ** low + 2 ** high];
    const outputs = [a, b, c, d].map((out, r) => `            a${out} = row(m${r}l, x, y) + row(m${r}h, z, w);`);
    return `          if ((held & ${2 ** k}u) != 0u) {
            let x = a${a};
            let y = a${b};
            let z = a${c};
            let w = a${d};
${lines(outputs)}
          }`;
  });
  return { code, before: `${CONDITION}${lines(rows)}\n`, body: lines(blocks) };
}

function signs(registers: number): Omit<TileCase, 'code'> {
  const apply = range(2 ** registers).map((k) => `          a${k} = select(a${k}, -a${k}, (odd & ${2 ** k}u) != 0u);`);
  const before = `          var odd = 0u;
          for (var t = 1u; t < op.y; t++) {
            let term = program[at + t];
            odd ^= select(0u, term.y, (index & term.x) == term.x);
            odd ^= select(0u, term.w, (index & term.z) == term.z);
          }
`;
  return { before, body: lines(apply) };
}

function phases(registers: number): Omit<TileCase, 'code'> {
  const pairs = registerPairs(registers);
  const names = ['f', ...range(registers).map((r) => `f${r}`), ...pairs.map(([l, h]) => `f${l}_${h}`)];
  const product = range(2 ** registers).map((k) => {
    if (k === 0) return `          let p0 = f;`;
    const high = Math.floor(Math.log2(k));
    const rest = k - 2 ** high;
    // Factor of the highest register given the lower ones, then the product over both.
    if (rest === 0) return `          let h${k} = f${high};\n          let p${k} = times(f, h${k});`;
    const next = Math.floor(Math.log2(rest));
    const previous = k - 2 ** next;
    return `          let h${k} = times(h${previous}, f${next}_${high});\n          let p${k} = times(p${rest}, h${k});`;
  });
  const before = `${lines(names.map((name) => `          var ${name} = vec2f(1.0, 0.0);`))}
          for (var t = 1u; t < op.y; t++) {
            let term = program[at + t];
            if ((index & term.x) == term.x) {
              let factor = vec2f(bitcast<f32>(term.z), bitcast<f32>(term.w));
              switch (term.y) {
${lines(names.map((name, i) => `                case ${i}u: { ${name} = times(${name}, factor); }`))}
                default: {}
              }
            }
          }
${lines(product)}
`;
  return { before, body: lines(range(2 ** registers).map((k) => `          a${k} = times(a${k}, p${k});`)) };
}

function onePhase(registers: number): Omit<TileCase, 'code'> {
  const apply = range(2 ** registers).map(
    (k) => `          if ((held & ${2 ** k}u) != 0u) { a${k} = times(a${k}, factor); }`,
  );
  const before = `${CONDITION}          let factor = bitcast<vec4f>(d0).xy;\n`;
  return { before, body: lines(apply) };
}
