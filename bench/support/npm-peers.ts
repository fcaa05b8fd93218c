import * as jsqubitsModule from 'jsqubits';
import quantumCircuit from 'quantum-circuit';
import { assert, at } from '../../src/core/lib/assert.ts';
import { randomCircuit, toQasm, type BenchCircuit, type BenchGate } from './circuits.ts';

/** One run of one simulator from npm. */
export interface PeerRun {
  readonly peer: 'quantum-circuit' | 'jsqubits';
  readonly qubits: number;
  /** Of the simulation alone: parsing and building are not counted against a peer. */
  readonly seconds: number;
  readonly gates: number;
  /** |<ours|theirs>|^2 over both norms: 1 where both ran the same circuit. */
  readonly fidelity: number;
}

/** Up to here a run takes seconds. */
const QUBITS = [10, 12, 14] as const;
/** Peers compute in 64-bit floats, ours in 32: far above both, far below another circuit. */
export const FIDELITY_OFF_MAX = 1e-6;

/** Final amplitudes, interleaved re, im; bit k of the index is qubit k. */
export type Simulate = (circuit: BenchCircuit) => Promise<ArrayLike<number>>;

/**
 * The random circuit of depth 20 on both peers, each once because the larger ones take seconds, compared with `ours` so that
 * it is known that they ran the same circuit. Throws where the fidelity is off.
 */
export async function runNpmPeers(ours: Simulate, sizes: readonly number[] = QUBITS): Promise<readonly PeerRun[]> {
  const runs: PeerRun[] = [];
  for (const qubits of sizes) {
    const circuit = randomCircuit(qubits);
    const expected = await ours(circuit);
    for (const [peer, simulate] of [
      ['quantum-circuit', runQuantumCircuit],
      ['jsqubits', runJsqubits],
    ] as const) {
      const { seconds, amplitudes } = await simulate(circuit);
      const fidelity = overlap(expected, amplitudes);
      const same = Math.abs(fidelity - 1) <= FIDELITY_OFF_MAX;
      assert(same, `${peer} at ${qubits} qubits: fidelity ${fidelity}, expected 1: it ran another circuit`);
      runs.push({ peer, qubits, seconds, gates: circuit.gates.length, fidelity });
    }
  }
  return runs;
}

function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert(a.length === b.length, `states of ${a.length} and ${b.length} numbers`);
  let [re, im, aa, bb] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 2) {
    const [ar, ai, br, bi] = [at(a, i), at(a, i + 1), at(b, i), at(b, i + 1)];
    re += ar * br + ai * bi;
    im += ar * bi - ai * br;
    aa += ar * ar + ai * ai;
    bb += br * br + bi * bi;
  }
  return (re * re + im * im) / (aa * bb);
}

interface Timed {
  readonly seconds: number;
  readonly amplitudes: Float64Array;
}

/** What is used of the package (github.com/quantastica/quantum-circuit); it has no types. */
interface QuantumCircuit {
  importQASM(text: string, onError: (errors: readonly unknown[]) => void): void;
  run(): void;
  /** By basis state, the first qubit in the lowest bit; zeroes are absent. */
  readonly state: Readonly<Record<string, { readonly re: number; readonly im: number }>>;
}

async function runQuantumCircuit(circuit: BenchCircuit): Promise<Timed> {
  const Peer = quantumCircuit as unknown as new () => QuantumCircuit;
  const peer = new Peer();
  peer.importQASM(toQasm(circuit), (errors) =>
    assert(errors.length === 0, `quantum-circuit: ${JSON.stringify(errors)}`),
  );
  const started = performance.now();
  peer.run();
  const seconds = (performance.now() - started) / 1000;
  const amplitudes = new Float64Array(2 * 2 ** circuit.qubits);
  for (const [index, { re, im }] of Object.entries(peer.state)) {
    const to = 2 * Number(index);
    amplitudes[to] = re;
    amplitudes[to + 1] = im;
  }
  return { seconds, amplitudes };
}

/** What is used of the package (github.com/davidbkemp/jsqubits); it has no types. */
interface JsqubitsState {
  hadamard(bit: number): JsqubitsState;
  rotateX(bit: number, angle: number): JsqubitsState;
  rotateY(bit: number, angle: number): JsqubitsState;
  rotateZ(bit: number, angle: number): JsqubitsState;
  controlledZ(control: number, target: number): JsqubitsState;
  controlledX(control: number, target: number): JsqubitsState;
  controlledR(control: number, target: number, angle: number): JsqubitsState;
  swap(a: number, b: number): JsqubitsState;
  controlledApplicationOfqBitOperator(control: null, target: number, matrix: unknown): JsqubitsState;
  amplitude(index: number): { readonly real: number; readonly imaginary: number };
}

interface Jsqubits {
  (bits: string): JsqubitsState;
  complex(re: number, im: number): unknown;
}

async function runJsqubits(circuit: BenchCircuit): Promise<Timed> {
  const { jsqubits } = jsqubitsModule as unknown as { readonly jsqubits: Jsqubits };
  const half = Math.SQRT1_2;
  const complex = (re: number, im: number): unknown => jsqubits.complex(re, im);
  // A quarter turn about (X + Y) / sqrt 2 as one gate, as the others have it.
  const w = [
    [complex(half, 0), complex(-0.5, -0.5)],
    [complex(0.5, -0.5), complex(half, 0)],
  ];
  const started = performance.now();
  const final = circuit.gates.reduce((state, step) => applied(state, step, w), jsqubits('0'.repeat(circuit.qubits)));
  const seconds = (performance.now() - started) / 1000;
  const amplitudes = new Float64Array(2 * 2 ** circuit.qubits);
  for (let i = 0; i < 2 ** circuit.qubits; i++) {
    const { real, imaginary } = final.amplitude(i);
    amplitudes.set([real, imaginary], 2 * i);
  }
  return { seconds, amplitudes };
}

function applied(state: JsqubitsState, step: BenchGate, w: unknown): JsqubitsState {
  switch (step.name) {
    case 'h':
      return state.hadamard(step.qubits[0]);
    case 'w':
      return state.controlledApplicationOfqBitOperator(null, step.qubits[0], w);
    case 'rx':
      return state.rotateX(step.qubits[0], step.angle);
    case 'ry':
      return state.rotateY(step.qubits[0], step.angle);
    case 'rz':
      return state.rotateZ(step.qubits[0], step.angle);
    case 'cz':
      return state.controlledZ(...step.qubits);
    case 'cx':
      return state.controlledX(...step.qubits);
    case 'cp':
      return state.controlledR(...step.qubits, step.angle);
    case 'swap':
      return state.swap(...step.qubits);
  }
}
