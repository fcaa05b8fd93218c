// Sums of squares over blocks of 2048 amplitudes, in runs of at most 16 values. The host adds the blocks in f64.

struct Job {
  first_block: u32,
  blocks: u32,
  chunk_bits: u32,
}

@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> job: Job;

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
  var sum = 0.0;
  for (var j = 0u; j < 8u; j++) {
    let a = read_amplitude(block * 2048u + j * 256u + thread);
    sum += dot(a, a);
  }
  partial[thread] = sum;
  // In two steps of 16 values: as exact as a tree, with two barriers in place of eight.
  workgroupBarrier();
  if (thread < 16u) {
    var part = 0.0;
    for (var j = 0u; j < 16u; j++) {
      part += partial[j * 16u + thread];
    }
    partial[thread] = part;
  }
  workgroupBarrier();
  if (thread == 0u) {
    var total = 0.0;
    for (var j = 0u; j < 16u; j++) {
      total += partial[j];
    }
    sums[block] = total;
  }
}
