// Up to eight sums over conj(left[i ^ x]) right[i], each with its own signs: inner products and Pauli expectations of
// one buffer against another (or itself). A workgroup takes 4096 amplitudes, in runs of 16.

struct Job {
  x: u32,
  amplitudes: u32,
  // Index of the first amplitude of `right` in its state.
  base: u32,
  // This dispatch covers the workgroups [first, workgroups).
  first: u32,
  workgroups: u32,
  // Where the sums of workgroup 0 go.
  offset: u32,
  // Sign mask, part (0 real, 1 imaginary), condition (only indices with all these bits), 0.
  terms: array<vec4u, 8>,
}

@group(0) @binding(0) var<storage, read> left: array<vec2f>;
@group(0) @binding(1) var<storage, read> right: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(3) var<uniform> job: Job;

var<workgroup> partial: array<vec4f, 512>;

fn part(v: vec2f, i: u32, term: vec4u) -> f32 {
  let value = select(v.x, v.y, term.y == 1u);
  let signed = select(value, -value, (countOneBits(i & term.x) & 1u) == 1u);
  return select(0.0, signed, (i & term.z) == term.z);
}

@compute @workgroup_size(256)
fn overlap(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let number = job.first + workgroup.y * grid.x + workgroup.x;
  if (number >= job.workgroups) {
    return;
  }
  var low = vec4f(0.0);
  var high = vec4f(0.0);
  for (var j = 0u; j < 16u; j++) {
    let at = number * 4096u + j * 256u + thread;
    if (at < job.amplitudes) {
      let a = left[at ^ job.x];
      let b = right[at];
      let v = vec2f(dot(a, b), a.x * b.y - a.y * b.x);
      let i = job.base | at;
      low += vec4f(
        part(v, i, job.terms[0]), part(v, i, job.terms[1]), part(v, i, job.terms[2]), part(v, i, job.terms[3]));
      high += vec4f(
        part(v, i, job.terms[4]), part(v, i, job.terms[5]), part(v, i, job.terms[6]), part(v, i, job.terms[7]));
    }
  }
  partial[thread] = low;
  partial[256u + thread] = high;
  workgroupBarrier();
  // Each of 32 threads adds 16 values of one half, then two threads 16 each.
  if (thread < 32u) {
    let start = (thread >> 4u) * 256u + (thread & 15u);
    var sum = vec4f(0.0);
    for (var j = 0u; j < 16u; j++) {
      sum += partial[start + j * 16u];
    }
    partial[start] = sum;
  }
  workgroupBarrier();
  if (thread < 2u) {
    var sum = vec4f(0.0);
    for (var j = 0u; j < 16u; j++) {
      sum += partial[thread * 256u + j];
    }
    sums[2u * (job.offset + number) + thread] = sum;
  }
}
