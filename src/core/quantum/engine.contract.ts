import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prng } from '../lib/prng.ts';
import { unwrap } from '../lib/result.ts';
import { createCpuEngine } from './cpu-engine.ts';
import type { Circuit, Gate, QuantumEngine } from './engine.ts';
import { gates } from './gates.ts';
import { createMirrorCircuit, fidelityWith } from './mirror-circuit.ts';
import { parseDiagram } from './testing/parse-diagram.ts';

export interface ContractOptions {
  /** Largest allowed deviation of an amplitude: 1e-5 for f32 engines, 1e-12 for f64. */
  readonly tolerance: number;
  /** Largest register of the random circuits. */
  readonly qubits: number;
}

/** Random gates of every kind, controls included, on distinct qubits. */
function randomCircuit(prng: Prng, qubits: number, count: number): Circuit {
  const angle = (): number => 4 * Math.PI * (prng.float() - 0.5);
  const list = Array.from({ length: count }, (): Gate => {
    const order = prng.shuffle(Array.from({ length: qubits }, (_, i) => i));
    const target = order[0]!;
    const controls = order.slice(1, 1 + prng.below(Math.min(4, qubits)));
    const fixed = prng.pick(['x', 'y', 'z', 'h', 's', 't', 'sdg', 'tdg'] as const);
    const turning = prng.pick(['rx', 'ry', 'rz', 'p'] as const);
    switch (prng.below(3)) {
      case 0:
        return gates[fixed](target, ...controls);
      case 1:
        return gates[turning](angle(), target, ...controls);
      default:
        return gates.u(angle(), angle(), angle(), target, ...controls);
    }
  });
  return { qubits, gates: list };
}

/** Largest difference of two amplitude arrays. */
function distance(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (const [i, value] of a.entries()) worst = Math.max(worst, Math.abs(value - (b[i] ?? Number.NaN)));
  return worst;
}

/** Everything that all engines must do alike; the CPU engine is the oracle of the others. */
export function engineContract(name: string, open: () => Promise<QuantumEngine>, options: ContractOptions): void {
  describe(`engine ${name}`, () => {
    let engine: QuantumEngine;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine.dispose());
    const run = async (circuit: Circuit): Promise<Float32Array | Float64Array> => unwrap(await engine.run(circuit));
    it.each(KNOWN_STATES)('$name', async ({ circuit, expected }) => {
      const amplitudes = await run(circuit);
      expect(amplitudes).toHaveLength(2 ** (circuit.qubits + 1));
      expect(deviation(amplitudes, expected)).toBeLessThan(options.tolerance);
    });

    it('agrees with the oracle on random circuits and leaves the norm at 1', async () => {
      const oracle = createCpuEngine();
      const prng = new Prng(`contract ${options.qubits}`);
      for (let qubits = 1; qubits <= options.qubits; qubits++) {
        const circuit = randomCircuit(prng, qubits, 60);
        const amplitudes = await run(circuit);
        expect(distance(amplitudes, unwrap(await oracle.run(circuit))), `${qubits} qubits`).toBeLessThan(
          options.tolerance,
        );
        expect(Math.abs(fidelityWith(amplitudes, 0).norm - 1)).toBeLessThan(options.tolerance);
      }
    });

    it('returns to |0...0> when a circuit is followed by its inverse', async () => {
      const circuit = randomCircuit(new Prng('inverse'), options.qubits, 40);
      const inverse = circuit.gates.map((g) => ({ ...g, matrix: conjugateTranspose(g.matrix) })).reverse();
      const amplitudes = await run({ ...circuit, gates: [...circuit.gates, ...inverse] });
      expect(deviation(amplitudes, { 0: [1, 0] })).toBeLessThan(options.tolerance);
    });

    it('ends mirror circuits in their one expected bit string', async () => {
      for (let seed = 1; seed <= 6; seed++) {
        const { circuit, expected } = createMirrorCircuit(seed, Math.min(seed, options.qubits), 8);
        const { fidelity } = fidelityWith(await run(circuit), expected);
        expect(Math.abs(fidelity - 1), `seed ${seed}`).toBeLessThan(options.tolerance);
      }
    });

    it('keeps runs apart that are started together', async () => {
      const [one, two] = await Promise.all([run(parseDiagram('X\n-')), run(parseDiagram('-\nX'))]);
      expect(deviation(one, { 1: [1, 0] })).toBeLessThan(options.tolerance);
      expect(deviation(two, { 2: [1, 0] })).toBeLessThan(options.tolerance);
    });

    refusals(() => engine);
  });
}

/** Largest difference of a state from the amplitudes given by index; those not named are 0. */
function deviation(state: ArrayLike<number>, expected: Amplitudes): number {
  let worst = 0;
  for (let i = 0; i < state.length / 2; i++) {
    const [re, im] = expected[i] ?? [0, 0];
    worst = Math.max(worst, Math.abs(state[2 * i]! - re), Math.abs(state[2 * i + 1]! - im));
  }
  return worst;
}

type Amplitudes = Readonly<Record<number, readonly [number, number]>>;

interface KnownState {
  readonly name: string;
  readonly circuit: Circuit;
  readonly expected: Amplitudes;
}

const drawn = (name: string, diagram: string, expected: Amplitudes): KnownState => ({
  name,
  circuit: parseDiagram(diagram),
  expected,
});
const built = (name: string, qubits: number, list: readonly Gate[], expected: Amplitudes): KnownState => ({
  name,
  circuit: { qubits, gates: list },
  expected,
});

const R = Math.SQRT1_2;
const [COS, SIN] = [Math.cos(0.3), Math.sin(0.3)];

const KNOWN_STATES: readonly KnownState[] = [
  built('starts at |0...0>', 3, [], { 0: [1, 0] }),
  drawn('counts qubit 0 as the lowest bit', 'X\n-\n-', { 1: [1, 0] }),
  drawn('counts the last qubit as the highest bit', '-\n-\nX', { 4: [1, 0] }),
  drawn('makes a Bell state', 'H•\n-X', { 0: [R, 0], 3: [R, 0] }),
  drawn('makes a GHZ state', 'H-•---\n--X-•-\n----X-', { 0: [R, 0], 7: [R, 0] }),
  drawn('keeps the sign of S', 'HS', { 0: [R, 0], 1: [0, R] }),
  drawn('keeps the sign of the inverse of S', 'Hs', { 0: [R, 0], 1: [0, -R] }),
  drawn('keeps the sign of Y', 'Y', { 1: [0, 1] }),
  drawn('turns by an eighth with T', 'HT', { 0: [R, 0], 1: [0.5, 0.5] }),
  drawn('turns back with the inverse of T, then Z', 'HtZ', { 0: [R, 0], 1: [-0.5, 0.5] }),
  drawn('leaves the target alone where no control is 1', '-•\n-X\n-•', { 0: [1, 0] }),
  drawn('leaves the target alone where the high control is 0', 'X•\n-X\n-•', { 1: [1, 0] }),
  drawn('leaves the target alone where the low control is 0', '-•\n-X\nX•', { 4: [1, 0] }),
  drawn('acts where all controls are 1', 'X•\n-X\nX•', { 7: [1, 0] }),
  drawn('swaps', 'X×\n-×', { 2: [1, 0] }),
  drawn('gives only |11> the sign of cz', 'H•\nH•', { 0: [0.5, 0], 1: [0.5, 0], 2: [0.5, 0], 3: [-0.5, 0] }),
  built('gives only |11> a controlled phase', 2, [gates.h(0), gates.h(1), gates.p(Math.PI / 2, 1, 0)], {
    0: [0.5, 0],
    1: [0.5, 0],
    2: [0.5, 0],
    3: [0, 0.5],
  }),
  built('turns about x', 1, [gates.rx(0.6, 0)], { 0: [COS, 0], 1: [0, -SIN] }),
  built('turns about y', 1, [gates.ry(0.6, 0)], { 0: [COS, 0], 1: [SIN, 0] }),
  built('turns about z', 1, [gates.rz(0.6, 0)], { 0: [COS, -SIN] }),
  built('turns by the three angles of u', 1, [gates.u(0.6, 0.5, 0.25, 0)], {
    0: [COS, 0],
    1: [SIN * Math.cos(0.5), SIN * Math.sin(0.5)],
  }),
];

function refusals(engine: () => QuantumEngine): void {
  it.each([0, -1, 1.5, Number.NaN, 60])('refuses %d qubits, and says what it takes', async (qubits) => {
    const result = await engine().run({ qubits, gates: [] });
    const message: unknown = expect.stringContaining(`1 to ${engine().qubitsMax}`);
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_QUBITS', message } });
  });

  it('refuses one qubit more than qubitsMax', async () => {
    expect(engine().qubitsMax).toBeGreaterThanOrEqual(20);
    const result = await engine().run({ qubits: engine().qubitsMax + 1, gates: [gates.h(0)] });
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_QUBITS' } });
  });

  const nan = Float64Array.of(Number.NaN, 0, 0, 0, 0, 0, 1, 0);
  it.each([
    ['a target out of range', gates.h(2)],
    ['a negative target', gates.h(-1)],
    ['a control out of range', gates.cx(5, 0)],
    ['a control that is the target', gates.cx(1, 1)],
    ['a control twice', gates.x(0, 1, 1)],
    ['a fractional qubit', gates.h(0.5)],
    ['a short matrix', gates.unitary('short', new Float64Array(4), 0)],
    ['a matrix with NaN', gates.unitary('nan', nan, 0)],
    ['a matrix that is not unitary', gates.unitary('double', Float64Array.of(2, 0, 0, 0, 0, 0, 2, 0), 0)],
    ['an infinite angle', gates.rx(Infinity, 0)],
  ])('refuses %s', async (_what, gate) => {
    const result = await engine().run({ qubits: 2, gates: [gates.h(0), gate] });
    expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_GATE' } });
  });
}

function conjugateTranspose(m: Float64Array): Float64Array {
  return Float64Array.of(m[0]!, -m[1]!, m[4]!, -m[5]!, m[2]!, -m[3]!, m[6]!, -m[7]!);
}
