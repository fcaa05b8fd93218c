const WRITE = `
fn write_amplitude(i: u32, value: vec2f) {
  if (!split) {
    state0[i] = value;
    return;
  }
  let at = i & ((1u << job.chunk_bits) - 1u);
  switch (i >> job.chunk_bits) {
    case 0u: { state0[at] = value; }
    case 1u: { state1[at] = value; }
    case 2u: { state2[at] = value; }
    default: { state3[at] = value; }
  }
}
`;

/**
 * A state of 2^n amplitudes in one buffer, or split over two or four by the highest index bits where one binding cannot
 * hold it. Joined in front of the kernels that need it; they declare `job.chunk_bits`, the index bits inside one buffer.
 * With `split` false the compiler drops the choice; the unused bindings then hold a small spare buffer.
 */
export const SPLIT_STATE_READ = splitState('read');
export const SPLIT_STATE_WRITE = splitState('read_write');

/** Bindings 0 to 3 of such a kernel. */
export function splitStateBindings<Kind extends 'storage' | 'read-only-storage'>(kind: Kind) {
  return [
    { binding: 0, name: 'state0', kind, dynamicOffset: false },
    { binding: 1, name: 'state1', kind, dynamicOffset: false },
    { binding: 2, name: 'state2', kind, dynamicOffset: false },
    { binding: 3, name: 'state3', kind, dynamicOffset: false },
  ] as const;
}

function splitState(access: 'read' | 'read_write'): string {
  const bindings = [0, 1, 2, 3].map((i) => `@group(0) @binding(${i}) var<storage, ${access}> state${i}: array<vec2f>;`);
  return `${bindings.join('\n')}

override split: bool = false;

fn read_amplitude(i: u32) -> vec2f {
  if (!split) {
    return state0[i];
  }
  let at = i & ((1u << job.chunk_bits) - 1u);
  switch (i >> job.chunk_bits) {
    case 0u: { return state0[at]; }
    case 1u: { return state1[at]; }
    case 2u: { return state2[at]; }
    default: { return state3[at]; }
  }
}
${access === 'read' ? '' : WRITE}`;
}
