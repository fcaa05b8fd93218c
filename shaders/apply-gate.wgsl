// One 2x2 unitary on one qubit, where all control qubits are 1. One invocation per pair of amplitudes.
// Matrices come from the host in f64 and are rounded once: WGSL sin and cos are too coarse.

struct Gate {
  // re00, im00, re01, im01
  row0: vec4f,
  // re10, im10, re11, im11
  row1: vec4f,
  // "target" is a reserved word.
  qubit: u32,
  controls: u32,
  pairs: u32,
  // Invocations per row of the grid: one dimension of a dispatch has at most 65,535 workgroups.
  row_width: u32,
}

@group(0) @binding(0) var<storage, read_write> state: array<vec2f>;
@group(0) @binding(1) var<uniform> gate: Gate;

override workgroup_width: u32 = 64;

fn times(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

@compute @workgroup_size(workgroup_width)
fn apply_gate(@builtin(global_invocation_id) id: vec3u) {
  let pair = id.y * gate.row_width + id.x;
  if (pair >= gate.pairs) {
    return;
  }
  let low = pair & ((1u << gate.qubit) - 1u);
  let i0 = ((pair - low) << 1u) | low;
  if ((i0 & gate.controls) != gate.controls) {
    return;
  }
  let i1 = i0 | (1u << gate.qubit);
  let a = state[i0];
  let b = state[i1];
  state[i0] = times(gate.row0.xy, a) + times(gate.row0.zw, b);
  state[i1] = times(gate.row1.xy, a) + times(gate.row1.zw, b);
}
