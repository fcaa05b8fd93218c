// Adds the sums that the workgroups of a pass have left, slot by slot: 4096 at a time, in runs of 16. The host adds the rest.

struct Job {
  // Sums of a slot, and parts that they become.
  stride: u32,
  parts: u32,
  workgroups: u32,
  // Where the first slot goes.
  first: u32,
}

@group(0) @binding(0) var<storage, read> sums: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> folded: array<vec2f>;
@group(0) @binding(2) var<uniform> job: Job;

var<workgroup> partial: array<vec2f, 256>;

@compute @workgroup_size(256)
fn fold_sums(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let number = workgroup.y * grid.x + workgroup.x;
  if (number >= job.workgroups) {
    return;
  }
  let slot = number / job.parts;
  let part = number % job.parts;
  var sum = vec2f(0.0);
  for (var j = 0u; j < 16u; j++) {
    let at = part * 4096u + j * 256u + thread;
    if (at < job.stride) {
      sum += sums[slot * job.stride + at];
    }
  }
  partial[thread] = sum;
  workgroupBarrier();
  if (thread < 16u) {
    var part_sum = vec2f(0.0);
    for (var j = 0u; j < 16u; j++) {
      part_sum += partial[j * 16u + thread];
    }
    partial[thread] = part_sum;
  }
  workgroupBarrier();
  if (thread == 0u) {
    var total = vec2f(0.0);
    for (var j = 0u; j < 16u; j++) {
      total += partial[j];
    }
    folded[job.first + number] = total;
  }
}
