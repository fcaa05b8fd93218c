import { expect } from 'vitest';
import { Prng } from '../../../lib/prng.ts';
import { unwrap } from '../../../lib/result.ts';
import { circuitOf, gate } from '../../circuit/builder.ts';
import type { ChannelOperation, Circuit, Operation } from '../../circuit/circuit.ts';
import type { QuantumEngine } from '../engine.ts';
import { randomAngle, scramble } from './random-circuits.ts';
import { distance, expectFrequency, named, type Suite } from './suite.ts';

const measure = (qubit: number, clbit: number, flip?: readonly [number, number]): Operation =>
  flip === undefined ? { kind: 'measure', qubit, clbit } : { kind: 'measure', qubit, clbit, flip };
const when = (clbits: readonly number[], equals: number, yes: Operation[], no: Operation[] = []): Operation => ({
  kind: 'if',
  clbits,
  equals,
  // oxlint-disable-next-line unicorn/no-thenable -- the name of the field in the representation
  then: yes,
  otherwise: no,
});

const X = Float64Array.of(0, 0, 1, 0, 1, 0, 0, 0);
const IDENTITY = Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0);
const bitFlip = (qubit: number, p: number): ChannelOperation => ({
  kind: 'channel',
  label: 'bit flip',
  kraus: [IDENTITY, X],
  probabilities: [1 - p, p],
  targets: [qubit],
});
const damping = (qubit: number, gamma: number): ChannelOperation => ({
  kind: 'channel',
  label: 'amplitude damping',
  kraus: [
    Float64Array.of(1, 0, 0, 0, 0, 0, Math.sqrt(1 - gamma), 0),
    Float64Array.of(0, 0, Math.sqrt(gamma), 0, 0, 0, 0, 0),
  ],
  probabilities: null,
  targets: [qubit],
});

const N = 8;
const RUNS = 40;
const all = (make: (qubit: number) => Operation): Operation[] => Array.from({ length: N }, (_, q) => make(q));

/** How often each classical bit was 1 in all runs together. */
async function onesIn(engine: QuantumEngine, circuit: Circuit): Promise<number> {
  const prepared = unwrap(await engine.prepare(circuit));
  let ones = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const { state, clbits } = unwrap(await engine.run(prepared, { seed }));
    ones += clbits.reduce((sum, bit) => sum + bit, 0);
    state.dispose();
  }
  return ones;
}

/** Measurement, reset, conditions, noise: frequencies by seed 0 to 39, each with a false alarm of 2e-6. */
export function dynamicContract({ test, options }: Suite): void {
  test('measures with the frequencies of the state', async (engine) => {
    const turned = all((q) => gate('ry', [q], [2 * Math.asin(Math.sqrt(0.3))]));
    const circuit = circuitOf(N, [...turned, ...all((q) => measure(q, q))], N);
    expectFrequency(await onesIn(engine, circuit), N * RUNS, 0.3, 'outcome 1');
  });

  test('collapses: repeated and entangled measurements agree, and the state stays normal', async (engine) => {
    const circuit = circuitOf(
      3,
      [gate('h', [0]), gate('x', [2], [], [0]), measure(0, 0), measure(0, 1), measure(2, 2), gate('h', [1])],
      3,
    );
    const prepared = unwrap(await engine.prepare(circuit));
    const seen = new Set<number>();
    for (let seed = 0; seed < 24; seed++) {
      const { state, clbits } = unwrap(await engine.run(prepared, { seed }));
      const bit = clbits[0]!;
      seen.add(bit);
      expect([...clbits]).toEqual([bit, bit, bit]);
      const R = Math.SQRT1_2;
      const expected = bit === 0 ? named(3, { 0: [R, 0], 2: [R, 0] }) : named(3, { 5: [R, 0], 7: [R, 0] });
      expect(distance(unwrap(await state.amplitudes()), expected)).toBeLessThan(options.tolerance);
      state.dispose();
    }
    // Both outcomes in 24 fair throws but for 1 in 8 million.
    expect(seen).toEqual(new Set([0, 1]));
  });

  test('repeats a run of the same seed bit by bit', async (engine) => {
    const prng = new Prng('repeat');
    const noisy = [...scramble(prng, N), ...all((q) => bitFlip(q, 0.3)), ...all((q) => damping(q, 0.4))];
    const circuit = circuitOf(N, [...noisy, ...all((q) => measure(q, q, [0.1, 0.2]))], N);
    const prepared = unwrap(await engine.prepare(circuit));
    const runs = [];
    for (const seed of [1, 2, 3, 4, 1, 2, 3, 4]) {
      const { state, clbits } = unwrap(await engine.run(prepared, { seed }));
      runs.push({ clbits: [...clbits], amplitudes: [...unwrap(await state.amplitudes())] });
      state.dispose();
    }
    expect(runs.slice(4)).toEqual(runs.slice(0, 4));
    expect(new Set(runs.map(({ clbits }) => clbits.join(''))).size).toBeGreaterThan(1);
  });

  test('records the wrong bit as often as the readout is said to be wrong', async (engine) => {
    const zeros = circuitOf(N, [...all((q) => measure(q, q, [0.2, 0]))], N);
    expectFrequency(await onesIn(engine, zeros), N * RUNS, 0.2, 'flipped 0');
    const ones = circuitOf(N, [...all((q) => gate('x', [q])), ...all((q) => measure(q, q, [0, 0.3]))], N);
    expectFrequency(await onesIn(engine, ones), N * RUNS, 0.7, 'kept 1');
  });

  test('teleports any state with two classical bits', async (engine) => {
    const prng = new Prng('teleport');
    for (let seed = 0; seed < 12; seed++) {
      const angles = [randomAngle(prng), randomAngle(prng), randomAngle(prng)];
      const circuit = circuitOf(
        3,
        [
          gate('u', [0], angles),
          gate('h', [1]),
          gate('x', [2], [], [1]),
          gate('x', [1], [], [0]),
          gate('h', [0]),
          measure(0, 0),
          measure(1, 1),
          when([1], 1, [gate('x', [2])]),
          when([0], 1, [gate('z', [2])]),
        ],
        2,
      );
      const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit)), { seed }));
      const got = unwrap(await state.reducedDensityMatrix([2]));
      state.dispose();
      const alone = unwrap(await engine.run(unwrap(await engine.prepare(circuitOf(1, [gate('u', [0], angles)])))));
      const sent = unwrap(await alone.state.reducedDensityMatrix([0]));
      alone.state.dispose();
      expect(distance(got, sent), `seed ${seed}`).toBeLessThan(options.tolerance);
    }
  });

  test('compares several classical bits, takes the other branch, and nests', async (engine) => {
    const flip = (q: number): Operation => gate('x', [q]);
    const circuit = circuitOf(
      4,
      [
        flip(1),
        measure(1, 2),
        // clbits 0, 2 read as binary 10, the first named lowest.
        when([0, 2], 2, [when([2], 0, [flip(0)], [flip(2), measure(2, 0)])], [flip(3)]),
        when([0, 2], 3, [flip(3)]),
      ],
      3,
    );
    const { state, clbits } = unwrap(await engine.run(unwrap(await engine.prepare(circuit))));
    expect([...clbits]).toEqual([1, 0, 1]);
    expect(distance(unwrap(await state.amplitudes()), named(4, { 14: [1, 0] }))).toBeLessThan(options.tolerance);
    state.dispose();
  });

  test('resets to |0> and leaves the other qubits alone', async (engine) => {
    const circuit = circuitOf(3, [
      gate('x', [0]),
      gate('h', [1]),
      gate('x', [2]),
      { kind: 'reset', qubit: 1 },
      { kind: 'reset', qubit: 2 },
    ]);
    const prepared = unwrap(await engine.prepare(circuit));
    for (let seed = 0; seed < 8; seed++) {
      const { state } = unwrap(await engine.run(prepared, { seed }));
      expect(distance(unwrap(await state.amplitudes()), named(3, { 1: [1, 0] }))).toBeLessThan(options.tolerance);
      state.dispose();
    }
  });

  test('flips bits with the probability of the channel', async (engine) => {
    const circuit = circuitOf(N, [...all((q) => bitFlip(q, 0.25)), ...all((q) => measure(q, q))], N);
    expectFrequency(await onesIn(engine, circuit), N * RUNS, 0.25, 'flips');
  });

  test('lets amplitudes decay as their channel says', async (engine) => {
    // P(1) = (1 - gamma) sin^2(theta/2), and between H gates the coherence counts: (1 + sqrt(1 - gamma)) / 2 of |0>.
    const theta = 1.9;
    const [gamma, p] = [0.4, Math.sin(theta / 2) ** 2];
    const decay = [...all((q) => gate('ry', [q], [theta])), ...all((q) => damping(q, gamma))];
    const ones = await onesIn(engine, circuitOf(N, [...decay, ...all((q) => measure(q, q))], N));
    expectFrequency(ones, N * RUNS, (1 - gamma) * p, 'decayed 1');
    const h = all((q) => gate('h', [q]));
    const coherent = circuitOf(N, [...h, ...all((q) => damping(q, gamma)), ...h, ...all((q) => measure(q, q))], N);
    expectFrequency(await onesIn(engine, coherent), N * RUNS, (1 - Math.sqrt(1 - gamma)) / 2, 'lost coherence');
  });

  test('weighs Kraus operators by the phases of the state, and leaves the norm at 1', async (engine) => {
    // |0><+i| and |1><-i|: sent to |0> and |1> with certainty.
    const R = Math.SQRT1_2;
    const kraus = [Float64Array.of(R, 0, 0, -R, 0, 0, 0, 0), Float64Array.of(0, 0, 0, 0, R, 0, 0, R)];
    const sort: ChannelOperation = { kind: 'channel', label: 'sort', kraus, probabilities: null, targets: [1] };
    for (const [name, outcome] of [
      ['s', 0],
      ['sdg', 2],
    ] as const) {
      const circuit = circuitOf(2, [gate('h', [1]), gate(name, [1]), sort]);
      const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit)), { seed: 5 }));
      const probabilities = unwrap(await state.probabilities([0, 1]));
      expect(Math.abs(probabilities[outcome]! - 1)).toBeLessThan(options.tolerance);
      state.dispose();
    }
    const decay = circuitOf(N, [...all((q) => gate('ry', [q], [1.9])), ...all((q) => damping(q, 0.4))]);
    const { state } = unwrap(await engine.run(unwrap(await engine.prepare(decay)), { seed: 6 }));
    expect(Math.abs(unwrap(await state.norm()) - 1)).toBeLessThan(options.tolerance);
    state.dispose();
  });

  test('applies channels of two qubits in the order of their targets', async (engine) => {
    // X on the first target with certainty, by an operator of two qubits.
    const kraus = new Float64Array(32);
    for (const [row, column] of [
      [1, 0],
      [0, 1],
      [3, 2],
      [2, 3],
    ] as const)
      kraus[2 * (4 * row + column)] = 1;
    const channel: ChannelOperation = {
      kind: 'channel',
      label: 'x',
      kraus: [kraus],
      probabilities: null,
      targets: [2, 0],
    };
    const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuitOf(3, [channel])))));
    expect(distance(unwrap(await state.amplitudes()), named(3, { 4: [1, 0] }))).toBeLessThan(options.tolerance);
    state.dispose();
  });

  test('reports progress from 0 to 1, never backwards', async (engine) => {
    const h = all((q) => gate('h', [q]));
    const circuit = circuitOf(N, [...h, measure(0, 0), ...h, when([0], 1, h), ...h], 1);
    const seen: number[] = [];
    const onProgress = (done: number): void => void seen.push(done);
    const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit)), { onProgress }));
    state.dispose();
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen[0]).toBeGreaterThanOrEqual(0);
    expect(seen.at(-1)).toBe(1);
  });
}
