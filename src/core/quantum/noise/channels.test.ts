import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert.ts';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf } from '../circuit/builder.ts';
import { checkCircuit, completenessError } from '../circuit/check.ts';
import type { ChannelOperation } from '../circuit/circuit.ts';
import { adjoint, matrixOf, multiply, type Matrix } from '../circuit/gate-table.ts';
import {
  bitFlip,
  bitPhaseFlip,
  depolarizing1,
  depolarizing2,
  errorFromMixing,
  krausChannel,
  mixingFromError,
  overRotation,
  pauliChannel1,
  pauliChannel2,
  pauliTwirl,
  phaseFlip,
  readoutConfusion,
  resetError,
  unitaryMixture,
  zzCrosstalk,
} from './channels.ts';
import {
  amplitudeDamping,
  generalizedAmplitudeDamping,
  phaseDamping,
  spontaneousReset,
  thermalRelaxation,
} from './relaxation.ts';
import { applyKraus, PAULI_PAIRS, PAULIS, processFidelity, scaledKraus } from './kraus.ts';
import { randomChannel } from './testing/random-circuit.ts';

const act = (channel: ChannelOperation, rho: Matrix): Matrix => applyKraus(scaledKraus(channel), rho);

/** A density matrix of full rank with complex coherences. */
function randomState(prng: Prng, qubits: number): Matrix {
  const a = Float64Array.from({ length: 2 * 4 ** qubits }, () => prng.normal());
  const rho = multiply(a, adjoint(a));
  const size = 2 ** qubits;
  const trace = Array.from({ length: size }, (_, i) => at(rho, 2 * (i * size + i))).reduce((sum, p) => sum + p, 0);
  return rho.map((value) => value / trace);
}

/** Largest difference of an entry; infinite where the sizes differ. */
function distance(actual: Matrix, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  return Array.from(actual).reduce((most, value, k) => Math.max(most, Math.abs(value - at(expected, k))), 0);
}

describe('every channel', () => {
  it('is complete to 1e-12 and passes the circuit check (seed 11)', () => {
    const prng = new Prng(11);
    const seen = new Set<string>();
    for (let i = 0; i < 400; i++) {
      const channel = randomChannel(prng, 2);
      seen.add(channel.label);
      expect(completenessError(scaledKraus(channel))).toBeLessThan(1e-12);
      expect(unwrap(checkCircuit(circuitOf(2, [channel]), 2, ''))).toBeNull();
    }
    expect(seen.size).toBeGreaterThanOrEqual(10);
  });

  it('does nothing at strength 0, as its own formula says at full strength', () => {
    const rho = randomState(new Prng(5), 1);
    for (const channel of [
      bitFlip(0, 0),
      depolarizing1(0, 0),
      amplitudeDamping(0, 0),
      phaseDamping(0, 0),
      generalizedAmplitudeDamping(0, 0.3, 0),
      thermalRelaxation({ t1: 10, t2: 20, time: 0, excited: 0.2 }, 0),
      thermalRelaxation({ t1: Infinity, t2: Infinity, time: 5, excited: 0.2 }, 0),
      spontaneousReset(0, 0, 0),
    ])
      expect(distance(act(unwrap(channel), rho), rho)).toBeLessThan(1e-14);
    const mixed = [0.5, 0, 0, 0, 0, 0, 0.5, 0];
    expect(distance(act(unwrap(depolarizing1(0.75, 0)), rho), mixed)).toBeLessThan(1e-14);
    expect(distance(act(unwrap(amplitudeDamping(1, 0)), rho), [1, 0, 0, 0, 0, 0, 0, 0])).toBeLessThan(1e-14);
    expect(distance(act(unwrap(generalizedAmplitudeDamping(1, 1, 0)), rho), [0, 0, 0, 0, 0, 0, 1, 0])).toBeLessThan(
      1e-14,
    );
    expect(distance(act(unwrap(phaseDamping(1, 0)), rho), [at(rho, 0), 0, 0, 0, 0, 0, at(rho, 6), 0])).toBeLessThan(
      1e-14,
    );
  });
});

describe('Pauli channels', () => {
  it('flips are their Pauli with probability p', () => {
    const rho = randomState(new Prng(3), 1);
    const [a, br, bi, d] = [at(rho, 0), at(rho, 2), at(rho, 3), at(rho, 6)];
    const p = 0.3;
    const mix = (x: number, y: number): number => (1 - p) * x + p * y;
    expect(
      distance(act(unwrap(bitFlip(p, 0)), rho), [mix(a, d), 0, br, mix(bi, -bi), br, mix(-bi, bi), mix(d, a), 0]),
    ).toBeLessThan(1e-14);
    expect(
      distance(act(unwrap(phaseFlip(p, 0)), rho), [a, 0, mix(br, -br), mix(bi, -bi), mix(br, -br), mix(-bi, bi), d, 0]),
    ).toBeLessThan(1e-14);
    expect(
      distance(act(unwrap(bitPhaseFlip(p, 0)), rho), [mix(a, d), 0, mix(br, -br), bi, mix(br, -br), -bi, mix(d, a), 0]),
    ).toBeLessThan(1e-14);
  });

  it('puts Pauli a of index a + 4 b on targets[0]', () => {
    const onlyXOnFirst = Array.from({ length: 16 }, (_, i) => (i === 1 ? 1 : 0));
    const zero = new Float64Array(32);
    zero[0] = 1;
    const out = act(unwrap(pauliChannel2(onlyXOnFirst, [0, 1])), zero);
    expect(out[2 * (1 * 4 + 1)]).toBe(1);
  });

  it('depolarising: (1 - lambda) rho + lambda I/2^n equals the error probability 3/4 lambda, 15/16 lambda', () => {
    for (const qubits of [1, 2] as const)
      for (const lambda of [0, 0.1, 0.5, 1]) {
        const rho = randomState(new Prng(8), qubits);
        const p = unwrap(errorFromMixing(lambda, qubits));
        expect(p).toBeCloseTo((qubits === 1 ? 0.75 : 15 / 16) * lambda, 14);
        const channel = unwrap(qubits === 1 ? depolarizing1(p, 0) : depolarizing2(p, [0, 1]));
        const size = 2 ** qubits;
        const expected = rho.map((value, i) => {
          const diagonal = i % 2 === 0 && Math.floor(i / 2 / size) === (i / 2) % size;
          return (1 - lambda) * value + (diagonal ? lambda / size : 0);
        });
        expect(distance(act(channel, rho), expected)).toBeLessThan(1e-14);
        expect(unwrap(mixingFromError(p, qubits))).toBeCloseTo(lambda, 14);
        expect(processFidelity(channel)).toBeCloseTo(1 - p, 14);
      }
  });
});

describe('thermal relaxation', () => {
  it.each([
    [100, 50],
    [100, 100],
    [100, 130],
    [100, 200],
    [Infinity, 40],
  ])('t1 %d, t2 %d: populations by e^(-t/t1) to equilibrium, coherence by e^(-t/t2)', (t1, t2) => {
    const rho = randomState(new Prng(21), 1);
    for (const excited of [0, 0.25, 1])
      for (const time of [0.1, 30, 1000]) {
        const out = act(unwrap(thermalRelaxation({ t1, t2, time, excited }, 0)), rho);
        const kept = Math.exp(-time / t1);
        const coherence = Math.exp(-time / t2);
        const one = excited + (at(rho, 6) - excited) * kept;
        const [re, im] = [at(rho, 2) * coherence, at(rho, 3) * coherence];
        expect(distance(out, [1 - one, 0, re, im, re, -im, one, 0])).toBeLessThan(4e-15);
      }
  });

  it('is amplitude damping at t2 = 2 t1 and excited 0', () => {
    const rho = randomState(new Prng(2), 1);
    const thermal = unwrap(thermalRelaxation({ t1: 50, t2: 100, time: 20, excited: 0 }, 0));
    expect(distance(act(thermal, rho), act(unwrap(amplitudeDamping(1 - Math.exp(-20 / 50), 0)), rho))).toBeLessThan(
      1e-14,
    );
    expect(thermal.kraus).toHaveLength(2);
  });

  it('refuses t2 > 2 t1 and other impossible numbers', () => {
    const good = { t1: 50, t2: 60, time: 1, excited: 0 };
    const bad = [
      { t2: 100.0001 },
      { t1: 0 },
      { t1: -5 },
      { t1: Number.NaN },
      { t2: 0 },
      { t2: -1 },
      { t2: Infinity },
      { time: -1 },
      { time: Infinity },
      { time: Number.NaN },
      { excited: -0.1 },
      { excited: 1.01 },
    ];
    for (const change of bad)
      expect(thermalRelaxation({ ...good, ...change }, 0)).toMatchObject({ error: { code: 'QUANTUM_CHANNEL' } });
    expect(thermalRelaxation({ ...good, t2: 101 }, 0)).toMatchObject({
      error: { message: expect.stringContaining('at most 2 t1') },
    });
  });
});

describe('Pauli twirl', () => {
  it('of amplitude damping is px = py = g/4, pz = (1 - g/2 - sqrt(1 - g))/2', () => {
    for (const g of [0, 0.01, 0.3, 0.9, 1]) {
      const twirled = unwrap(pauliTwirl(unwrap(amplitudeDamping(g, 0))));
      const found = new Map(
        twirled.kraus.map((k, i) => [PAULIS.indexOf(k as (typeof PAULIS)[0]), at(twirled.probabilities ?? [], i)]),
      );
      expect(found.get(1) ?? 0).toBeCloseTo(g / 4, 14);
      expect(found.get(2) ?? 0).toBeCloseTo(g / 4, 14);
      expect(found.get(3) ?? 0).toBeCloseTo((1 - g / 2 - Math.sqrt(1 - g)) / 2, 14);
    }
  });

  it('equals the average over all Paulis around the channel', () => {
    const pair = krausChannel(
      'cz half',
      [multiplyHalfCz(0.4), multiplyHalfCz(-0.4)].map((k) => k.map((x) => x * Math.SQRT1_2)),
      [0, 1],
    );
    for (const [channel, paulis, qubits] of [
      [unwrap(generalizedAmplitudeDamping(0.4, 0.2, 0)), PAULIS, 1],
      [unwrap(pair), PAULI_PAIRS, 2],
    ] as const) {
      const rho = randomState(new Prng(6), qubits);
      const sum = new Float64Array(rho.length);
      for (const pauli of paulis) {
        const part = applyKraus([pauli], act(channel, applyKraus([pauli], rho)));
        for (let i = 0; i < sum.length; i++) sum[i] = at(sum, i) + at(part, i) / paulis.length;
      }
      expect(distance(act(unwrap(pauliTwirl(channel)), rho), sum)).toBeLessThan(1e-14);
    }
  });
});

/** exp(-i a ZZ) on two qubits, with an extra X-like mixing on the low one. */
function multiplyHalfCz(a: number): Matrix {
  const [c, s] = [Math.cos(a), Math.sin(a)];
  const zz = new Float64Array(32);
  for (let i = 0; i < 4; i++) {
    zz[10 * i] = c;
    zz[10 * i + 1] = i === 0 || i === 3 ? -s : s;
  }
  const mix = unwrap(overRotation('x', a, 0));
  const full = new Float64Array(32);
  const m = matrixOf(mix, new Map());
  for (let high = 0; high < 2; high++)
    for (let r = 0; r < 2; r++)
      for (let k = 0; k < 2; k++)
        for (let part = 0; part < 2; part++)
          full[2 * ((2 * high + r) * 4 + 2 * high + k) + part] = at(m, 2 * (2 * r + k) + part);
  return multiply(zz, full);
}

describe('readout and coherent errors', () => {
  const measure = { kind: 'measure', qubit: 0, clbit: 0 } as const;

  it('a confusion matrix becomes the flips, a second one is composed with the first', () => {
    const first = unwrap(
      readoutConfusion(measure, [
        [0.9, 0.1],
        [0.2, 0.8],
      ]),
    );
    expect(first.flip).toEqual([0.1, 0.2]);
    const second = unwrap(
      readoutConfusion(first, [
        [0.95, 0.05],
        [0.3, 0.7],
      ]),
    );
    // 0 is recorded as 1: 0.9 * 0.05 + 0.1 * 0.7; 1 as 0: 0.2 * 0.95 + 0.8 * 0.3.
    expect(second.flip?.[0]).toBeCloseTo(0.115, 14);
    expect(second.flip?.[1]).toBeCloseTo(0.43, 14);
  });

  it('refuses rows that do not sum to 1, also by 1e-6 only', () => {
    for (const row of [
      [0.9, 0.2],
      [0.9, 0.1 + 1e-6],
      [0.9, 0.1 - 1e-6],
      [1.1, -0.1],
      [Number.NaN, 0.5],
    ] as const)
      expect(readoutConfusion(measure, [row, [0, 1]])).toMatchObject({ error: { code: 'QUANTUM_CHANNEL' } });
  });

  it('over-rotation and crosstalk are exp(-i angle/2 P)', () => {
    const [c, s] = [Math.cos(0.1), Math.sin(0.1)];
    expect(distance(matrixOf(unwrap(overRotation('x', 0.2, 0)), new Map()), [c, 0, 0, -s, 0, -s, c, 0])).toBeLessThan(
      1e-14,
    );
    const zz = matrixOf(unwrap(zzCrosstalk(0.2, [0, 1])), new Map());
    expect([zz[0], zz[1], zz[10], zz[11]]).toEqual([c, -s, c, s]);
    expect(overRotation('z', Number.NaN, 0)).toMatchObject({ error: { code: 'QUANTUM_CHANNEL' } });
    expect(zzCrosstalk(Infinity, [0, 1])).toMatchObject({ error: { code: 'QUANTUM_CHANNEL' } });
  });
});

it('refuses numbers and operators that make no channel', () => {
  const id = at(PAULIS, 0);
  const bad = [
    bitFlip(-0.1, 0),
    phaseFlip(1.1, 0),
    bitPhaseFlip(Number.NaN, 0),
    resetError(2, 0),
    pauliChannel1({ x: 0.5, y: 0.5, z: 0.1 }, 0),
    pauliChannel1({ x: -0.1, y: 0.1, z: 0.1 }, 0),
    pauliChannel2([1, 0, 0], [0, 1]),
    pauliChannel2(Array<number>(16).fill(1 / 16 + 1e-6), [0, 1]),
    depolarizing1(1.0001, 0),
    depolarizing2(0.1, [1, 1]),
    amplitudeDamping(1.5, 0),
    phaseDamping(-1, 0),
    generalizedAmplitudeDamping(0.1, 2, 0),
    spontaneousReset(0.6, 0.6, 0),
    errorFromMixing(1.34, 1),
    mixingFromError(1.1, 2),
    krausChannel('half', [id.map((x) => x / 2)], [0]),
    krausChannel('wrong size', [id], [0, 1]),
    krausChannel('none', [], [0]),
    krausChannel('twice', [new Float64Array(32)], [1, 1]),
    krausChannel('NaN', [id.map(() => Number.NaN)], [0]),
    unitaryMixture('not unitary', [id.map((x) => x * 2)], [1], [0]),
    unitaryMixture('counts', [id], [0.5, 0.5], [0]),
    unitaryMixture('sum', [id, at(PAULIS, 1)], [0.5, 0.4], [0]),
  ];
  for (const result of bad) expect(result).toMatchObject({ ok: false, error: { code: 'QUANTUM_CHANNEL' } });
  expect(unitaryMixture('fine', [id, at(PAULIS, 1)], [0.5, 0.5], [0]).ok).toBe(true);
});
