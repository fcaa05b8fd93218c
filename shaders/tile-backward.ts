import {
  caseOf,
  lines,
  range,
  registerPairs,
  sum,
  TILE_CODES,
  tileFunctions,
  tileOperations,
  TILE_THREADS_LOG2,
} from './tile-operations.ts';

/**
 * A fused pass of the backward sweep: like tile-pass, but over two states at once (psi in a0, a1, ..., lambda in b0, ...),
 * with the rounds and operations of the forward pass in reverse and inverted. Where an operation has parameters, the sums
 * over conj(lambda) psi that its derivative needs are taken first and leave as one number a workgroup: all parameters
 * of a pass cost one reading and one writing of both states. Three register bits, because two states share the registers.
 */
export const BACKWARD_REGISTERS = 3;
const SIZE = 2 ** BACKWARD_REGISTERS;
const TILE = BACKWARD_REGISTERS + TILE_THREADS_LOG2;

/** The same for lambda. */
const other = (text: string): string => text.replaceAll(/\ba(\d+)\b/g, 'b$1');

export function tileBackwardCode(): string {
  const registers = range(BACKWARD_REGISTERS);
  const all = range(SIZE);
  return `// Written by shaders/tile-backward.ts: ${BACKWARD_REGISTERS} register bits, ${2 ** TILE} amplitudes a tile.
struct Job {
  // As in tile-pass. The tile is read where the forward pass wrote it (store) and written where that read it (load).
  start: u32,
  rounds: u32,
  first_group: u32,
  groups: u32,
  // Workgroups of the whole pass: the sums of one slot lie together.
  stride: u32,
  low: u32,
  load: array<vec4u, 3>,
  store: array<vec4u, 3>,
}

@group(0) @binding(0) var<storage, read_write> psi: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> lambda: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(3) var<storage, read> program: array<vec4u>;
@group(0) @binding(4) var<uniform> job: Job;

// Amplitudes between rounds, one state after the other; inside a round room for the sums.
var<workgroup> tile: array<vec2f, ${2 ** TILE}>;

${tileFunctions(BACKWARD_REGISTERS)}
// conj(l) p
fn against(l: vec2f, p: vec2f) -> vec2f {
  return vec2f(dot(l, p), l.x * p.y - l.y * p.x);
}

// Adds four numbers over the workgroup, 16 by 16, and stores them in four slots.
fn store_sums(thread: u32, group: u32, slot: u32, s0: vec2f, s1: vec2f, s2: vec2f, s3: vec2f) {
  workgroupBarrier();
  tile[thread] = s0;
  tile[256u + thread] = s1;
  tile[512u + thread] = s2;
  tile[768u + thread] = s3;
  workgroupBarrier();
  if (thread < 64u) {
    var part = vec2f(0.0);
    for (var j = 0u; j < 16u; j++) {
      part += tile[(thread >> 4u) * 256u + j * 16u + (thread & 15u)];
    }
    tile[1024u + thread] = part;
  }
  workgroupBarrier();
  if (thread < 4u) {
    var part = vec2f(0.0);
    for (var j = 0u; j < 16u; j++) {
      part += tile[1024u + thread * 16u + j];
    }
    sums[(slot + thread) * job.stride + group] = part;
  }
}

@compute @workgroup_size(${2 ** TILE_THREADS_LOG2})
fn tile_backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = job.first_group + workgroup.y * grid.x + workgroup.x;
  if (group >= job.groups) {
    return;
  }
  let base = spread(group);
  var at = job.start;
  var head = program[at];
  at++;
  var own = deposit(thread, head.x);
  var index = (group << ${TILE}u) | own;
  let source = base | store_address(thread, head.x);
${lines(registers.map((r) => `  let g${r} = 1u << store_qubit((head.y >> ${4 * r}u) & 15u);`))}
${lines(all.map((k) => `  var a${k} = psi[source${sum('g', k)}];`))}
${lines(all.map((k) => `  var b${k} = lambda[source${sum('g', k)}];`))}

  for (var left = job.rounds; ; left--) {
    for (var todo = head.z; todo > 0u; todo--) {
      let op = program[at];
      let d0 = program[at + 1u];
      let d1 = program[at + 2u];
      switch (op.x) {
${lines([...tileOperations(BACKWARD_REGISTERS).map(twice), ...measurements()])}
        default: {}
      }
      at += op.y;
    }
    if (left <= 1u) {
      break;
    }
    let p = place(own);
${lines(registers.map((r) => `    let q${r} = place(1u << ((head.y >> ${4 * r}u) & 15u));`))}
    // The last sums may still be read.
    workgroupBarrier();
${lines(all.map((k) => `    tile[p${sum('q', k, '^')}] = a${k};`))}
    workgroupBarrier();
    head = program[at];
    at++;
    own = deposit(thread, head.x);
    index = (group << ${TILE}u) | own;
    let n = place(own);
${lines(registers.map((r) => `    let m${r} = place(1u << ((head.y >> ${4 * r}u) & 15u));`))}
${lines(all.map((k) => `    a${k} = tile[n${sum('m', k, '^')}];`))}
    workgroupBarrier();
${lines(all.map((k) => `    tile[p${sum('q', k, '^')}] = b${k};`))}
    workgroupBarrier();
${lines(all.map((k) => `    b${k} = tile[n${sum('m', k, '^')}];`))}
  }
  let to = base | load_address(thread, head.x);
${lines(registers.map((r) => `  let s${r} = 1u << load_qubit((head.y >> ${4 * r}u) & 15u);`))}
${lines(all.map((k) => `  psi[to${sum('s', k)}] = a${k};`))}
${lines(all.map((k) => `  lambda[to${sum('s', k)}] = b${k};`))}
}
`;
}

function twice({ code, before, body }: ReturnType<typeof tileOperations>[number]): string {
  return caseOf(code, `${before}${body}\n${other(body)}`);
}

/** Bits of the register index, and whether they hold for register k. */
const HELD = `          let held = select(0u, op.w, (index & op.z) == op.z);
`;

function measurements(): readonly string[] {
  return [
    ...range(BACKWARD_REGISTERS).map((r) => caseOf(TILE_CODES.measure + r, measureOne(r))),
    ...registerPairs(BACKWARD_REGISTERS).map(([low, high], i) =>
      caseOf(TILE_CODES.measurePair + i, measurePair(low, high)),
    ),
    caseOf(TILE_CODES.measureTerms, measureTerms()),
  ];
}

/** Slots: conj(lambda_row) psi_column for (row, column) = 00, 01, 10, 11. */
function measureOne(r: number): string {
  const bases = range(SIZE).filter((k) => ((k >> r) & 1) === 0);
  const groups = bases.map((k) => [k, k + 2 ** r]);
  return HELD + rowsOf(groups, [0, 1], 0);
}

/** Sixteen slots, row by row; the lower register is the lower bit. */
function measurePair(low: number, high: number): string {
  const bases = range(SIZE).filter((k) => ((k >> low) & 1) === 0 && ((k >> high) & 1) === 0);
  const groups = bases.map((k) => [k, k + 2 ** low, k + 2 ** high, k + 2 ** low + 2 ** high]);
  return HELD + lines(range(4).map((r) => rowsOf(groups, [r], 4 * r)));
}

function rowsOf(groups: readonly (readonly number[])[], rows: readonly number[], slot: number): string {
  const additions = groups.map((group) => {
    const products = rows.flatMap((row) => group.map((column) => `against(b${group[row] as number}, a${column})`));
    return `            if ((held & ${2 ** (group[0] as number)}u) != 0u) {
${lines(products.map((text, i) => `              s${i} += ${text};`))}
            }`;
  });
  return `          {
${lines(range(4).map((i) => `            var s${i} = vec2f(0.0);`))}
${lines(additions)}
            store_sums(thread, group, d0.x + ${slot}u, s0, s1, s2, s3);
          }`;
}

/** Four conditions, each (mask, pattern); the sum of conj(lambda) psi where it holds. */
function measureTerms(): string {
  const values = range(SIZE).map((k) => `          let v${k} = against(b${k}, a${k});`);
  const sums = range(4).map((t) => {
    const [word, mask, pattern] = [`d${t >> 1}`, 'xz'[t % 2] as string, 'yw'[t % 2] as string];
    const added = range(SIZE).map((k) => `select(vec2f(0.0), v${k}, (held${t} & ${2 ** k}u) != 0u)`);
    return `          let held${t} = select(0u, ${word}.${pattern}, (index & ${word}.${mask}) == ${word}.${mask});
          let s${t} = ${added.join('\n            + ')};`;
  });
  return `${lines(values)}
          ${lines(sums)}
          store_sums(thread, group, op.z, s0, s1, s2, s3);`;
}
