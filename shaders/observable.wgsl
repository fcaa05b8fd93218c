// Adds a batch of Pauli terms, applied to a state, to one buffer of another: result[i] += sum c (-1)^|z & j| state[j], j = i ^ x.

struct Job {
  chunk_bits: u32,
  // Index of the first amplitude of `result` in its state, and their number.
  base: u32,
  amplitudes: u32,
  first_term: u32,
  last_term: u32,
}

@group(0) @binding(4) var<storage, read_write> result: array<vec2f>;
// x, z, and the coefficient with the factor i of every Y: re, im.
@group(0) @binding(5) var<storage, read> terms: array<vec4u>;
@group(0) @binding(6) var<uniform> job: Job;

@compute @workgroup_size(256)
fn observable(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let at = (workgroup.y * grid.x + workgroup.x) * 256u + thread;
  if (at >= job.amplitudes) {
    return;
  }
  var sum = vec2f(0.0);
  for (var t = job.first_term; t < job.last_term; t++) {
    let term = terms[t];
    let j = (job.base | at) ^ term.x;
    let c = bitcast<vec2f>(term.zw);
    let a = read_amplitude(j);
    let value = vec2f(c.x * a.x - c.y * a.y, c.x * a.y + c.y * a.x);
    sum += select(value, -value, (countOneBits(j & term.y) & 1u) == 1u);
  }
  result[at] += sum;
}
