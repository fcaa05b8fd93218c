import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { parameter } from '../circuit/angle.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import { checkCircuit } from '../circuit/check.ts';
import type { ChannelOperation, Operation } from '../circuit/circuit.ts';
import { matrixOf, multiply, type Matrix } from '../circuit/gate-table.ts';
import { parsePauliSum } from '../engine/pauli.ts';
import { runDensityMatrix } from './density-matrix.ts';
import { parseDeviceModel } from './device-model.ts';
import { DeviceNoise } from './device-noise.ts';
import { EXAMPLE_DEVICE_FILE, exampleDevice } from './example-device.ts';
import { kron, processFidelity, scaledKraus } from './kraus.ts';
import { noisyCircuit } from './noisy-circuit.ts';
import { overRotationOf } from './over-rotation.ts';
import { randomGate } from './testing/random-circuit.ts';

const head = { format: 'plaquette-device', version: 1, name: 'test', timeUnit: 'ns' };
const ideal = { '*': { error: 0, duration: 10 } };
const IDLE: ChannelOperation = {
  kind: 'channel',
  label: 'idle',
  kraus: [Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0)],
  probabilities: null,
  targets: [0],
};
const parse = (rest: object) => parseDeviceModel({ ...head, ...rest });
const model = (rest: object) => unwrap(parse(rest));
const kinds = (operations: readonly Operation[]): string[] =>
  operations.map((operation) =>
    'label' in operation ? operation.label : operation.kind === 'gate' ? operation.name : operation.kind,
  );
const measure = (qubit: number, clbit: number): Operation => ({ kind: 'measure', qubit, clbit });

describe('parseDeviceModel', () => {
  it('takes the example device, with defaults filled in', () => {
    const device = exampleDevice();
    expect(device.qubits).toHaveLength(5);
    expect(device.qubits[2]).toMatchObject({
      t1Ns: 158_615,
      t2Ns: 25_151,
      excitedPopulation: 0.01,
      readout: [0.0702, 0.1226],
    });
    expect(device.qubits[0]?.gates.get('rz')).toEqual({ error: 0, durationNs: 0, overRotationRad: 0 });
    expect(device.edges[1]).toMatchObject({ qubits: [1, 2], zzKhz: -63.3 });
    expect(JSON.parse(JSON.stringify(EXAMPLE_DEVICE_FILE))).toEqual(EXAMPLE_DEVICE_FILE);
  });

  it.each<[object, string]>([
    [{ version: 2 }, 'version is 2, expected 1'],
    [{ timeUnit: 'us' }, 'timeUnit is "us", expected "ns"'],
    [{ format: 'other' }, 'format is "other"'],
    [{ colour: 1, qubits: [{}] }, 'colour is unknown'],
    [{ name: 7, qubits: [{}] }, 'name is 7, expected a text'],
    [{ qubits: [] }, 'qubits is empty'],
    [{ qubits: {} }, 'qubits is an object, expected a list'],
    [{ qubits: [{}, {}, {}, { t1: 100, t2: 201 }] }, 'qubits[3].t2 is 201, expected at most 2 t1 (200)'],
    [{ qubits: [{ t1: 0 }] }, 'qubits[0].t1 is 0'],
    [{ qubits: [{ t1: '100' }] }, 'qubits[0].t1 is "100", expected a number'],
    [{ qubits: [{ t1: -1 }] }, 'qubits[0].t1 is -1'],
    [{ qubits: [{ t1: Infinity }] }, 'qubits[0].t1 is Infinity'],
    [{ qubits: [{ t2: 5, T1: 9 }] }, 'qubits[0].T1 is unknown'],
    [{ qubits: [{ readout: [0.1] }] }, 'qubits[0].readout has 1 entries'],
    [{ qubits: [{ readout: [0.1, 1.2] }] }, 'qubits[0].readout[1] is 1.2'],
    [{ qubits: [{ excitedPopulation: 1.1 }] }, 'qubits[0].excitedPopulation is 1.1'],
    [{ qubits: [{ gates: { sx: { error: 0.7, duration: 1 } } }] }, 'qubits[0].gates.sx.error is 0.7'],
    [{ qubits: [{ gates: { sx: { error: 0.1 } } }] }, 'qubits[0].gates.sx.duration is missing'],
    [{ qubits: [{ gates: { SX: { error: 0.1, duration: 1 } } }] }, 'qubits[0].gates.SX is no gate name'],
    [{ qubits: [{ gates: { sx: 5 } }] }, 'qubits[0].gates.sx is 5, expected an object'],
    [{ qubits: [{}, {}], edges: [{ qubits: [0, 2] }] }, 'edges[0].qubits names qubit 2'],
    [{ qubits: [{}, {}], edges: [{ qubits: [1, 1] }] }, 'edges[0].qubits is [1, 1]'],
    [
      { qubits: [{}, {}], edges: [{ qubits: [0, 1] }, { qubits: [1, 0] }] },
      'edges[1].qubits is [1, 0], which is listed before',
    ],
    [{ qubits: [{}, {}], edges: [{ qubits: [0, 1], overRotation: 1 }] }, 'edges[0].overRotation is unknown'],
    [{ qubits: [{}, {}], edges: [{ qubits: [0, 1.5] }] }, 'edges[0].qubits[1] is 1.5'],
    [{ defaults: { qubit: { t1: 10, t2: 30 } } }, 'defaults.qubit.t2 is 30'],
  ])('refuses %j', (change, words) => {
    const refused = parse({ qubits: [{}], ...change });
    expect(refused).toMatchObject({ ok: false, error: { code: 'QUANTUM_DEVICE_MODEL' } });
    expect(refused.ok ? '' : refused.error.message).toContain(words);
  });

  it('refuses what is no object, and names at most three problems', () => {
    for (const value of [null, undefined, 5, 'x', [], true])
      expect(parseDeviceModel(value)).toMatchObject({ error: { code: 'QUANTUM_DEVICE_MODEL' } });
    const many = parse({ qubits: Array.from({ length: 9 }, () => ({ t1: -1 })) });
    expect(many).toMatchObject({ error: { message: expect.stringContaining('more') } });
    expect(many.ok ? '' : many.error.message.length).toBeLessThan(400);
  });
});

describe('gate errors', () => {
  it('depolarising and relaxation together have the average infidelity of the file', () => {
    const gates = {
      sx: { error: 1e-3, duration: 40 },
      x: { error: 2 / 3, duration: 0 },
      y: { error: 0.1, duration: 3000 },
    };
    const qubit = { t1: 90_000, t2: 40_000, excitedPopulation: 0.02, gates };
    const device = model({
      qubits: [qubit, { t1: 50_000, t2: 99_000 }],
      edges: [{ qubits: [0, 1], error: 0.02, duration: 400 }],
    });
    const noise = new DeviceNoise(device);
    const chain = new DeviceNoise(exampleDevice());
    expect(chain.depolarising([0, 1], unwrap(chain.gate(gate('x', [1], [], [0]))))).not.toBeNull();
    let tested = 0;
    for (const step of [
      gate('sx', [0]),
      gate('x', [0]),
      gate('y', [0]),
      gate('x', [1], [], [0]),
      gate('swap', [1, 0]),
    ]) {
      const found = unwrap(noise.gate(step));
      const qubits = [...step.targets, ...step.controls];
      const depolarising = noise.depolarising(qubits, found);
      if (depolarising === null) continue;
      tested++;
      const relaxations = qubits.map((q) => scaledKraus(noise.relaxation(q, found.durationNs) ?? IDLE));
      const relaxing = relaxations.reduce((low, high) => high.flatMap((b) => low.map((a) => kron(b, a))));
      const both = relaxing.flatMap((r) => scaledKraus(depolarising).map((k) => multiply(r, k)));
      const size = 2 ** qubits.length;
      const infidelity = 1 - (size * processFidelity({ kraus: both, probabilities: null }) + 1) / (size + 1);
      expect(infidelity).toBeCloseTo(found.error, 12);
    }
    expect(tested).toBe(5);
  });

  it('where relaxation alone is worse than the error, nothing is added', () => {
    const noise = new DeviceNoise(
      model({ qubits: [{ t1: 100, t2: 100, gates: { x: { error: 1e-6, duration: 50 } } }] }),
    );
    expect(noise.depolarising([0], unwrap(noise.gate(gate('x', [0]))))).toBeNull();
  });
});

describe('noisyCircuit', () => {
  it('idle qubits relax for the time that others are busy', async () => {
    const device = model({
      qubits: [{ gates: ideal }, { t1: 1000, t2: 500, gates: { x: { error: 0, duration: 20 } } }],
      edges: [],
    });
    // Qubit 0: ten gates of 10 ns. Qubit 1: one of 20 ns, then idle until the barrier at 100 ns.
    const circuit = circuitOf(2, [
      gate('x', [1]),
      ...Array.from({ length: 10 }, () => gate('x', [0])),
      { kind: 'barrier', qubits: [0, 1] },
    ]);
    const { state } = unwrap(await runDensityMatrix(unwrap(noisyCircuit(circuit, device))));
    expect(at(state.probabilities([1]), 1)).toBeCloseTo(Math.exp(-100 / 1000), 12);
  });

  it('a qubit in superposition loses its phase by t2 over the same time', async () => {
    const device = model({
      qubits: [{ gates: ideal }, { t1: 1000, t2: 500, gates: { '*': { error: 0, duration: 0 } } }],
    });
    const circuit = circuitOf(2, [gate('h', [1]), ...Array.from({ length: 10 }, () => gate('x', [0]))]);
    const { state } = unwrap(await runDensityMatrix(unwrap(noisyCircuit(circuit, device))));
    const [x] = unwrap(state.expectations(unwrap(parsePauliSum('XI', 2))));
    expect(x).toBeCloseTo(Math.exp(-100 / 500), 12);
  });

  it('ZZ crosstalk turns an idle neighbour by pi f t, one way for |0>, the other way for |1>', async () => {
    const device = model({
      qubits: [
        { gates: { ...ideal, h: { error: 0, duration: 0 } } },
        { gates: { ...ideal, h: { error: 0, duration: 0 } } },
      ],
      edges: [{ qubits: [0, 1], error: 0, duration: 10, zz: 1000 }],
    });
    // 1 MHz over 100 ns: the qubit turns by pi f t = 0.314 one way for |0>, the other way for |1>.
    for (const flipped of [false, true]) {
      const circuit = circuitOf(2, [
        gate('h', [1]),
        ...(flipped ? [gate('x', [0])] : [gate('id', [0])]),
        ...Array.from({ length: 9 }, () => gate('id', [0])),
      ]);
      const { state } = unwrap(await runDensityMatrix(unwrap(noisyCircuit(circuit, device))));
      const [x, y] = unwrap(state.expectations(unwrap(parsePauliSum('XI + YI', 2))));
      const turned = Math.PI * 1e6 * 100e-9;
      expect(x).toBeCloseTo(Math.cos(turned), 12);
      expect(y).toBeCloseTo(flipped ? -Math.sin(turned) : Math.sin(turned), 12);
    }
  });

  it('no crosstalk phase while the edge runs its own gate', () => {
    const device = model({
      qubits: [{ gates: ideal }, { gates: ideal }],
      edges: [{ qubits: [0, 1], error: 0, duration: 300, zz: 50 }],
    });
    const noisy = unwrap(noisyCircuit(circuitOf(2, [gate('z', [0], [], [1]), gate('z', [0], [], [1])]), device));
    expect(kinds(noisy.operations)).toEqual(['z', 'z']);
    const apart = unwrap(
      noisyCircuit(circuitOf(2, [gate('z', [0], [], [1]), gate('x', [0]), gate('z', [0], [], [1])]), device),
    );
    expect(kinds(apart.operations)).toEqual(['z', 'x', 'rzz', 'z']);
    expect(apart.operations[2]).toMatchObject({ params: [Math.PI * 50 * 10 * 1e-6] });
  });

  it('measurements get their flips, resets their error; nothing follows the last measurement', () => {
    const device = model({
      qubits: [
        {
          t1: 1000,
          t2: 1000,
          readout: [0.01, 0.05],
          readoutDuration: 500,
          resetError: 0.02,
          resetDuration: 100,
          gates: ideal,
        },
      ],
    });
    const circuit = circuitOf(
      1,
      [{ kind: 'reset', qubit: 0 }, gate('x', [0]), measure(0, 0), gate('x', [0]), measure(0, 1)],
      2,
    );
    const noisy = unwrap(noisyCircuit(circuit, device));
    expect(kinds(noisy.operations)).toEqual([
      'reset',
      'reset error',
      'x',
      'thermal relaxation',
      'measure',
      'thermal relaxation',
      'x',
      'thermal relaxation',
      'measure',
    ]);
    expect(noisy.operations[4]).toMatchObject({ flip: [0.01, 0.05] });
    expect(unwrap(checkCircuit(noisy, 1, ''))).toBeNull();
  });

  it('both branches of a condition take the time of the longer one', async () => {
    const device = model({ qubits: [{ t1: 100, t2: 200, gates: ideal }] });
    const body = [gate('x', [0]), gate('x', [0]), gate('x', [0])];
    for (const [then, otherwise, ones] of [
      [body, [gate('id', [0])], 1],
      [[gate('id', [0])], body, 0],
    ] as const) {
      const circuit = circuitOf(1, [gate('x', [0]), { kind: 'if', clbits: [0], equals: 0, then, otherwise }], 1);
      const noisy = unwrap(noisyCircuit(circuit, device));
      const { state } = unwrap(await runDensityMatrix(noisy));
      // One gate of 10 ns before, then 30 ns in the branch that runs, whichever it is.
      if (ones === 0) expect(at(state.probabilities([0]), 1)).toBeCloseTo(Math.exp(-40 / 100), 12);
      else expect(state.trace()).toBeCloseTo(1, 13);
      expect(unwrap(checkCircuit(noisy, 1, ''))).toBeNull();
    }
  });

  it('an ideal device changes nothing', () => {
    const device = model({ defaults: { qubit: { gates: ideal }, edge: { error: 0, duration: 50 } } });
    const prng = new Prng(3);
    const operations = Array.from({ length: 60 }, () => randomGate(prng, 4)).filter(
      (step) => step.kind === 'gate' && step.targets.length + step.controls.length <= 2,
    );
    expect(operations.length).toBeGreaterThan(10);
    const circuit = circuitOf(4, operations);
    expect(unwrap(noisyCircuit(circuit, device))).toEqual(circuit);
  });

  it('the example device makes a Bell pair worse, by about its errors', async () => {
    const bell = circuitOf(2, [gate('h', [0]), gate('x', [1], [], [0]), measure(0, 0), measure(1, 1)], 2);
    const noisy = unwrap(noisyCircuit(bell, exampleDevice()));
    const { state, outcomes } = unwrap(await runDensityMatrix(noisy));
    const [xx] = unwrap(state.expectations(unwrap(parsePauliSum('XX', 2))));
    expect(xx).toBeGreaterThan(0.97);
    expect(xx).toBeLessThan(0.999);
    const found = unwrap(outcomes.distribution());
    expect((found.get('01') ?? 0) + (found.get('10') ?? 0)).toBeGreaterThan(0.04);
    expect((found.get('01') ?? 0) + (found.get('10') ?? 0)).toBeLessThan(0.08);
  });

  it('refuses gates that it cannot time or run, saying which', () => {
    const device = model({
      qubits: [{ gates: { x: { error: 0, duration: 1 } } }, {}, {}],
      edges: [{ qubits: [0, 1], gates: { cx: { duration: 5 } } }],
    });
    const refused = (operations: Operation[], qubits = 3) => noisyCircuit(circuitOf(qubits, operations), device);
    expect(refused([gate('h', [0])])).toMatchObject({
      error: { code: 'QUANTUM_NOISE', message: expect.stringContaining('h on qubits 0') },
    });
    expect(refused([gate('z', [0], [], [1])])).toMatchObject({
      error: { message: expect.stringContaining('only for: cx') },
    });
    expect(refused([gate('x', [1], [], [2])])).toMatchObject({
      error: { message: expect.stringContaining('no such edge') },
    });
    expect(refused([gate('x', [0], [], [1, 2])])).toMatchObject({
      error: { message: expect.stringContaining('decompose') },
    });
    expect(refused([], 4)).toMatchObject({ error: { code: 'QUANTUM_QUBITS' } });
    expect(refused([gate('x', [0]), gate('x', [1], [], [0]), gate('gphase', [], [1])]).ok).toBe(true);
    const inside = { kind: 'if' as const, clbits: [], equals: 0, then: [gate('h', [0])], otherwise: [] };
    expect(refused([inside])).toMatchObject({ error: { code: 'QUANTUM_NOISE' } });
  });
});

describe('over-rotation', () => {
  const angleOf = (m: Matrix, of: Matrix): Matrix => multiply(m, of);

  it('makes rx, ry and rz longer in their own direction, whatever the sign of the angle', () => {
    for (const name of ['rx', 'ry', 'rz'] as const)
      for (const theta of [0.3, -0.3, 2, -2]) {
        const step = gate(name, [0], [theta]);
        const extra = unwrap(overRotationOf(step, 0.1));
        const both = angleOf(matrixOf(extra ?? step, new Map()), matrixOf(step, new Map()));
        const expected = matrixOf(gate(name, [0], [theta + Math.sign(theta) * 0.1]), new Map());
        for (let i = 0; i < 8; i++) expect(at(both, i)).toBeCloseTo(at(expected, i), 12);
      }
  });

  it('commutes with every one-qubit gate, and is a rotation by the angle', () => {
    for (const step of [
      gate('x', [0]),
      gate('h', [0]),
      gate('sx', [0]),
      gate('u', [0], [0.4, 1, 2]),
      gate('tdg', [0]),
    ]) {
      const [u, r] = [matrixOf(step, new Map()), matrixOf(unwrap(overRotationOf(step, 0.2)) ?? step, new Map())];
      const [ur, ru] = [multiply(u, r), multiply(r, u)];
      for (let i = 0; i < 8; i++) expect(at(ur, i)).toBeCloseTo(at(ru, i), 12);
      expect(at(r, 0) + at(r, 6)).toBeCloseTo(2 * Math.cos(0.1), 12);
    }
  });

  it('takes the short way round: rx(4) is rx(4 - 2 pi), half turns are positive', () => {
    const extraOf = (theta: number): Matrix => {
      const step = gate('rx', [0], [theta]);
      return matrixOf(unwrap(overRotationOf(step, 0.2)) ?? step, new Map());
    };
    expect(at(extraOf(4), 3)).toBeCloseTo(Math.sin(0.1), 12);
    expect(at(extraOf(4 - 2 * Math.PI), 3)).toBeCloseTo(Math.sin(0.1), 12);
    expect(at(extraOf(Math.PI), 3)).toBeCloseTo(-Math.sin(0.1), 12);
    expect(at(extraOf(-Math.PI), 3)).toBeCloseTo(-Math.sin(0.1), 12);
  });

  it('none for the identity; a free angle has the positive axis; a free u is refused', () => {
    expect(unwrap(overRotationOf(gate('id', [0]), 0.2))).toBeNull();
    const free = unwrap(overRotationOf(gate('rx', [0], [parameter('a')]), 0.2));
    expect(at(matrixOf(free ?? gate('x', [0]), new Map()), 3)).toBeCloseTo(-Math.sin(0.1), 14);
    const refused = overRotationOf(gate('u', [0], [parameter('a'), 0, 0]), 0.2);
    expect(refused).toMatchObject({ error: { code: 'QUANTUM_NOISE', message: expect.stringContaining('bind') } });
  });

  it('appears after the gate in a noisy circuit', () => {
    const device = model({ qubits: [{ gates: { sx: { error: 0, duration: 1, overRotation: 0.01 } } }] });
    expect(kinds(unwrap(noisyCircuit(circuitOf(1, [gate('sx', [0])]), device)).operations)).toEqual([
      'sx',
      'over-rotation',
    ]);
  });
});
