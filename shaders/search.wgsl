// Finds basis states by their place in the cumulative distribution, inside blocks of 2048 amplitudes. One workgroup per
// task: a block and a run of thresholds, measured from the start of the block. The search goes down a tree of pairwise
// sums and never into a part that is zero, so that no impossible outcome is drawn whatever the rounding does.

struct Job {
  chunk_bits: u32,
  tasks: u32,
}

// Block, first threshold, number of thresholds, 0.
@group(0) @binding(4) var<storage, read> tasks: array<vec4u>;
@group(0) @binding(5) var<storage, read> thresholds: array<f32>;
@group(0) @binding(6) var<storage, read_write> found: array<u32>;
@group(0) @binding(7) var<uniform> job: Job;

var<workgroup> squares: array<f32, 2048>;
// Node 1 is the whole block, nodes 256 to 511 are eight amplitudes each.
var<workgroup> tree: array<f32, 512>;

@compute @workgroup_size(256)
fn search(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let number = workgroup.y * grid.x + workgroup.x;
  if (number >= job.tasks) {
    return;
  }
  let task = tasks[number];
  let origin = task.x * 2048u;
  for (var j = 0u; j < 8u; j++) {
    let a = read_amplitude(origin + j * 256u + thread);
    squares[j * 256u + thread] = dot(a, a);
  }
  workgroupBarrier();
  let at = thread * 8u;
  tree[256u + thread] = ((squares[at] + squares[at + 1u]) + (squares[at + 2u] + squares[at + 3u]))
    + ((squares[at + 4u] + squares[at + 5u]) + (squares[at + 6u] + squares[at + 7u]));
  for (var width = 128u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      let node = width + thread;
      tree[node] = tree[2u * node] + tree[2u * node + 1u];
    }
  }
  workgroupBarrier();
  for (var t = thread; t < task.z; t += 256u) {
    var left_over = thresholds[task.y + t];
    var node = 1u;
    for (var level = 0u; level < 8u; level++) {
      let low = tree[2u * node];
      let right = (left_over >= low && tree[2u * node + 1u] > 0.0) || low == 0.0;
      left_over -= select(0.0, low, right);
      node = 2u * node + select(0u, 1u, right);
    }
    var last = (node - 256u) * 8u;
    var sum = 0.0;
    for (var i = (node - 256u) * 8u; i < (node - 255u) * 8u; i++) {
      if (squares[i] > 0.0) {
        last = i;
        sum += squares[i];
        if (sum > left_over) {
          break;
        }
      }
    }
    found[task.y + t] = origin + last;
  }
}
