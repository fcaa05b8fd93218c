// One matrix on one or two qubits where all control qubits are 1: a pass of its own over the whole state. One invocation
// per pair (or four) of amplitudes. Matrices come from the host in f64 and are rounded once: WGSL sin and cos are too coarse.

struct Job {
  // Two vec4 a row (re, im, re, im) of the 4x4 matrix; of a 2x2 matrix one vec4 a row.
  matrix: array<vec4f, 8>,
  // 1 or 2 targets; their bits in the order of the matrix, and the qubits in ascending order.
  targets: u32,
  bit0: u32,
  bit1: u32,
  low: u32,
  high: u32,
  controls: u32,
  // This dispatch covers the invocations [first, items).
  first: u32,
  items: u32,
  chunk_bits: u32,
}

@group(0) @binding(4) var<uniform> job: Job;

fn row(m: vec4f, a: vec2f, b: vec2f) -> vec2f {
  return m.x * a + m.y * vec2f(-a.y, a.x) + m.z * b + m.w * vec2f(-b.y, b.x);
}

fn with_gap(i: u32, qubit: u32) -> u32 {
  let below = i & ((1u << qubit) - 1u);
  return ((i ^ below) << 1u) | below;
}

@compute @workgroup_size(256)
fn gate_pass(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = job.first + (workgroup.y * grid.x + workgroup.x) * 256u + thread;
  if (item >= job.items) {
    return;
  }
  var i = with_gap(item, job.low);
  if (job.targets == 2u) {
    i = with_gap(i, job.high);
  }
  if ((i & job.controls) != job.controls) {
    return;
  }
  let a = read_amplitude(i);
  let b = read_amplitude(i | job.bit0);
  if (job.targets == 1u) {
    write_amplitude(i, row(job.matrix[0], a, b));
    write_amplitude(i | job.bit0, row(job.matrix[1], a, b));
    return;
  }
  let c = read_amplitude(i | job.bit1);
  let d = read_amplitude(i | job.bit0 | job.bit1);
  write_amplitude(i, row(job.matrix[0], a, b) + row(job.matrix[1], c, d));
  write_amplitude(i | job.bit0, row(job.matrix[2], a, b) + row(job.matrix[3], c, d));
  write_amplitude(i | job.bit1, row(job.matrix[4], a, b) + row(job.matrix[5], c, d));
  write_amplitude(i | job.bit0 | job.bit1, row(job.matrix[6], a, b) + row(job.matrix[7], c, d));
}
