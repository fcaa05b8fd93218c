import { SPLIT_STATE_WRITE } from './split-state.ts';
import { caseOf, lines, range, sum, tileFunctions, tileOperations, TILE_THREADS_LOG2 } from './tile-operations.ts';

/**
 * The kernel of a fused pass, as text: everything that acts on registers is written out, because an array that is
 * indexed by a loop variable ends up in memory on some compilers. 2^r amplitudes a thread, 256 threads: 2^(r+8) a tile.
 *
 * A workgroup reads one tile of the state, runs the rounds of the pass over it and writes it back: the state moves once.
 * In a round each thread holds the amplitudes that differ in r "register" bits of the tile index and applies all
 * operations on those bits; between rounds the tile goes through workgroup memory, so that other bits become register
 * bits. A thread writes back exactly the places that it has read, so one barrier a round is enough.
 * Operations are data (src/engines/webgpu/plan/encode.ts): one pipeline serves all circuits.
 */

export function tilePassCode(registers: 3 | 4): string {
  const size = 2 ** registers;
  const tile = registers + TILE_THREADS_LOG2;
  return `// Written by shaders/tile-pass.ts: ${registers} register bits, ${2 ** tile} amplitudes a tile.
struct Job {
  // Of the program, in vec4.
  start: u32,
  rounds: u32,
  // This dispatch covers the tiles [first_group, groups).
  first_group: u32,
  groups: u32,
  chunk_bits: u32,
  // Tile bits 0 .. low-1 are the qubits of the same number.
  low: u32,
  // Qubit of each tile bit when reading (ascending) and when writing (permuted by swaps).
  load: array<vec4u, 3>,
  store: array<vec4u, 3>,
}

${SPLIT_STATE_WRITE}
@group(0) @binding(4) var<storage, read> program: array<vec4u>;
@group(0) @binding(5) var<uniform> job: Job;

var<workgroup> tile: array<vec2f, ${2 ** tile}>;

${tileFunctions(registers)}@compute @workgroup_size(${2 ** TILE_THREADS_LOG2})
fn tile_pass(
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
  // Places of the thread bits, places of the register bits, number of operations.
  var head = program[at];
  at++;
  var own = deposit(thread, head.x);
  // Tile bits below, then the bits that all amplitudes of the tile share: conditions may ask for any of them.
  var index = (group << ${tile}u) | own;
  let source = base | load_address(thread, head.x);
${lines(range(registers).map((r) => `  let g${r} = 1u << load_qubit((head.y >> ${4 * r}u) & 15u);`))}
${lines(range(size).map((k) => `  var a${k} = read_amplitude(source${sum('g', k)});`))}

  for (var left = job.rounds; ; left--) {
    for (var todo = head.z; todo > 0u; todo--) {
      // Code, length in vec4, condition on the index, condition on the registers.
      let op = program[at];
      let d0 = program[at + 1u];
      let d1 = program[at + 2u];
      switch (op.x) {
${lines(tileOperations(registers).map(({ code, before, body }) => caseOf(code, before + body)))}
        default: {}
      }
      at += op.y;
    }
    if (left <= 1u) {
      break;
    }
    let p = place(own);
${lines(range(registers).map((r) => `    let q${r} = place(1u << ((head.y >> ${4 * r}u) & 15u));`))}
${lines(range(size).map((k) => `    tile[p${sum('q', k, '^')}] = a${k};`))}
    workgroupBarrier();
    head = program[at];
    at++;
    own = deposit(thread, head.x);
    index = (group << ${tile}u) | own;
    let n = place(own);
${lines(range(registers).map((r) => `    let m${r} = place(1u << ((head.y >> ${4 * r}u) & 15u));`))}
${lines(range(size).map((k) => `    a${k} = tile[n${sum('m', k, '^')}];`))}
  }
  let to = base | store_address(thread, head.x);
${lines(range(registers).map((r) => `  let s${r} = 1u << store_qubit((head.y >> ${4 * r}u) & 15u);`))}
${lines(range(size).map((k) => `  write_amplitude(to${sum('s', k)}, a${k});`))}
}
`;
}
