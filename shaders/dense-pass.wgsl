// A dense matrix on three to eight qubits where all control qubits are 1. One invocation per amplitude; the 2^k
// amplitudes that belong together are in one workgroup.

struct Job {
  targets: u32,
  controls: u32,
  // This dispatch covers the amplitudes [first, amplitudes).
  first: u32,
  amplitudes: u32,
  chunk_bits: u32,
  // Qubits in the order of the matrix and in ascending order.
  qubits: array<vec4u, 2>,
  ascending: array<vec4u, 2>,
}

// Column-major: neighbours in a workgroup read neighbouring rows.
@group(0) @binding(4) var<storage, read> matrix: array<vec2f>;
@group(0) @binding(5) var<uniform> job: Job;

var<workgroup> inputs: array<vec2f, 256>;

@compute @workgroup_size(256)
fn dense_pass(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let size = 1u << job.targets;
  let item = job.first + (workgroup.y * grid.x + workgroup.x) * 256u + thread;
  let own = item & (size - 1u);
  var i = item >> job.targets;
  for (var t = 0u; t < job.targets; t++) {
    let qubit = job.ascending[t >> 2u][t & 3u];
    let below = i & ((1u << qubit) - 1u);
    i = ((i ^ below) << 1u) | below;
  }
  let acts = item < job.amplitudes && (i & job.controls) == job.controls;
  for (var t = 0u; t < job.targets; t++) {
    i |= ((own >> t) & 1u) << job.qubits[t >> 2u][t & 3u];
  }
  if (acts) {
    inputs[thread] = read_amplitude(i);
  }
  workgroupBarrier();
  if (acts) {
    let first = thread - own;
    var sum = vec2f(0.0);
    for (var column = 0u; column < size; column++) {
      let m = matrix[column * size + own];
      let a = inputs[first + column];
      sum += m.x * a + m.y * vec2f(-a.y, a.x);
    }
    write_amplitude(i, sum);
  }
}
