// Reduced density matrix of up to eight qubits: entry (row, column) of slice s is the sum of a_row conj(a_column) over a
// part of all other qubits. Threads add in two levels, threads of an entry pairwise, the host the slices in f64.

struct Job {
  chunk_bits: u32,
  qubits: u32,
  // 2^lanes threads an entry; a thread adds outer times inner values; slices an entry.
  lanes: u32,
  inner: u32,
  outer: u32,
  slices: u32,
  // This dispatch covers the workgroups [first, workgroups).
  first: u32,
  workgroups: u32,
  // Qubits in the caller's order (the first is the lowest bit of an entry) and in ascending order.
  list: array<vec4u, 2>,
  ascending: array<vec4u, 2>,
}

@group(0) @binding(4) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(5) var<uniform> job: Job;

var<workgroup> partial: array<vec2f, 256>;

fn spread(entry: u32) -> u32 {
  var i = 0u;
  for (var q = 0u; q < job.qubits; q++) {
    i |= ((entry >> q) & 1u) << job.list[q >> 2u][q & 3u];
  }
  return i;
}

@compute @workgroup_size(256)
fn density(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let number = job.first + workgroup.y * grid.x + workgroup.x;
  if (number >= job.workgroups) {
    return;
  }
  let lanes = 1u << job.lanes;
  let slice = number % job.slices;
  let lane = thread & (lanes - 1u);
  let entry = (number / job.slices) * (256u >> job.lanes) + (thread >> job.lanes);
  let size = 1u << job.qubits;
  let inside = entry < size * size;
  var total = vec2f(0.0);
  if (inside) {
    let row = spread(entry >> job.qubits);
    let column = spread(entry & (size - 1u));
    for (var o = 0u; o < job.outer; o++) {
      var sum = vec2f(0.0);
      for (var j = 0u; j < job.inner; j++) {
        var i = (((slice * job.outer + o) * job.inner + j) << job.lanes) | lane;
        for (var q = 0u; q < job.qubits; q++) {
          let qubit = job.ascending[q >> 2u][q & 3u];
          let below = i & ((1u << qubit) - 1u);
          i = ((i ^ below) << 1u) | below;
        }
        let a = read_amplitude(i | row);
        let b = read_amplitude(i | column);
        sum += vec2f(dot(a, b), a.y * b.x - a.x * b.y);
      }
      total += sum;
    }
  }
  partial[thread] = total;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial[thread] += partial[thread + half];
    }
  }
  if (lane == 0u && inside) {
    sums[entry * job.slices + slice] = partial[thread];
  }
}
