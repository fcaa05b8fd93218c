// Sums of squares over blocks of 2048 amplitudes, pairwise. The host adds the blocks in f64.

struct Job {
  first_block: u32,
  blocks: u32,
  chunk_bits: u32,
}

@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> job: Job;

var<workgroup> squares: array<f32, 2048>;
var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(256)
fn block_sums(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let block = job.first_block + workgroup.y * grid.x + workgroup.x;
  if (block >= job.blocks) {
    return;
  }
  for (var j = 0u; j < 8u; j++) {
    let a = read_amplitude(block * 2048u + j * 256u + thread);
    squares[j * 256u + thread] = dot(a, a);
  }
  workgroupBarrier();
  let at = thread * 8u;
  partial[thread] = ((squares[at] + squares[at + 1u]) + (squares[at + 2u] + squares[at + 3u]))
    + ((squares[at + 4u] + squares[at + 5u]) + (squares[at + 6u] + squares[at + 7u]));
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
  }
  if (thread == 0u) {
    sums[block] = partial[0];
  }
}
