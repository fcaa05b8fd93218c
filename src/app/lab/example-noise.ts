import { EXAMPLE_DEVICE_FILE } from '../../core/quantum/noise/example-device.ts';

/** Pairs that are no neighbours on the chain: as if their gate were as good as the mean of the chain's edges. */
const FAR_EDGE = { error: 9.85e-3, duration: 368 };

/**
 * The example device for circuits of any width: its five qubits repeated along a longer chain, and a gate between any two
 * qubits, so that circuits need not be routed first. What makes it unlike the real device is this, not its error rates.
 */
export function exampleNoise(qubits: number): unknown {
  const file = EXAMPLE_DEVICE_FILE;
  const count = file.qubits.length;
  const width = Math.max(qubits, count);
  return {
    ...file,
    defaults: { ...file.defaults, edge: FAR_EDGE },
    qubits: Array.from({ length: width }, (_, q) => file.qubits[q % count]),
    edges: Array.from({ length: width - 1 }, (_, q) => ({ ...file.edges[q % file.edges.length], qubits: [q, q + 1] })),
  };
}
