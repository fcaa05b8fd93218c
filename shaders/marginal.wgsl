// Sums of squares by the values of some qubits: entry e, slice s of the sum over all other qubits. Several threads share
// an entry; each adds a few values, then the threads of an entry are added pairwise. The host adds the slices in f64.

struct Job {
  chunk_bits: u32,
  // Number of qubits, 2^lanes threads an entry, values a thread, slices an entry.
  qubits: u32,
  lanes: u32,
  each: u32,
  slices: u32,
  // This dispatch covers the workgroups [first, workgroups).
  first: u32,
  workgroups: u32,
  // Neighbouring threads take neighbouring entries (1) or neighbouring parts of one entry (0).
  entries_first: u32,
  // Ascending.
  list: array<vec4u, 5>,
}

@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> job: Job;

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(256)
fn marginal(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let number = job.first + workgroup.y * grid.x + workgroup.x;
  if (number >= job.workgroups) {
    return;
  }
  let lanes = 1u << job.lanes;
  let entries = 256u >> job.lanes;
  let slice = number % job.slices;
  var lane = thread & (lanes - 1u);
  var local_entry = thread >> job.lanes;
  if (job.entries_first == 1u) {
    local_entry = thread & (entries - 1u);
    lane = thread / entries;
  }
  let entry = (number / job.slices) * entries + local_entry;
  var fixed = 0u;
  for (var q = 0u; q < job.qubits; q++) {
    fixed |= ((entry >> q) & 1u) << job.list[q >> 2u][q & 3u];
  }
  var sum = 0.0;
  if (entry < (1u << job.qubits)) {
    for (var j = 0u; j < job.each; j++) {
      var i = ((slice * job.each + j) << job.lanes) | lane;
      for (var q = 0u; q < job.qubits; q++) {
        let qubit = job.list[q >> 2u][q & 3u];
        let below = i & ((1u << qubit) - 1u);
        i = ((i ^ below) << 1u) | below;
      }
      let a = read_amplitude(i | fixed);
      sum += dot(a, a);
    }
  }
  let own = (local_entry << job.lanes) | lane;
  partial[own] = sum;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial[own] += partial[own + half];
    }
  }
  if (lane == 0u && entry < (1u << job.qubits)) {
    sums[entry * job.slices + slice] = partial[own];
  }
}
