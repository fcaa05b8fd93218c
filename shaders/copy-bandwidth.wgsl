// Reads and writes every vec4 once: what memory gives at best, to compare a pass with.

struct Job {
  items: u32,
}

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sink: array<vec4f>;
@group(0) @binding(2) var<uniform> job: Job;

@compute @workgroup_size(256)
fn copy_bandwidth(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (workgroup.y * grid.x + workgroup.x) * 256u + thread;
  if (item < job.items) {
    sink[item] = source[item];
  }
}
