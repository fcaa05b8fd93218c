// Copies single amplitudes out.

struct Job {
  chunk_bits: u32,
  amplitudes: u32,
}

@group(0) @binding(4) var<storage, read> indices: array<u32>;
@group(0) @binding(5) var<storage, read_write> values: array<vec2f>;
@group(0) @binding(6) var<uniform> job: Job;

@compute @workgroup_size(256)
fn gather(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < job.amplitudes) {
    values[id.x] = read_amplitude(indices[id.x]);
  }
}
