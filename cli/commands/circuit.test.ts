import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CircuitReport, OptimiseReport } from '../../src/core/contracts/circuit-service.ts';
import { Prng } from '../../src/core/lib/prng.ts';
import { EXAMPLE_DEVICE_FILE } from '../../src/core/quantum/noise/example-device.ts';
import { main } from '../main.ts';
import { buildProgram, plaquette } from '../testing/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'plaquette-circuit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function circuit(...argv: readonly string[]): Promise<Ended> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(['circuit', ...argv], { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function run(path: string, ...options: readonly string[]): Promise<CircuitReport> {
  const { code, out, err } = await circuit('run', path, ...options, '--json');
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as CircuitReport;
}

const HEADER = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n';
const BELL = file('bell.qasm', `${HEADER}qreg q[2];\ncreg c[2];\nh q[0];\ncx q[0],q[1];\nmeasure q -> c;\n`);
const GHZ = file(
  'ghz.qasm',
  `${HEADER}qreg q[5];\nh q[0];\n${[1, 2, 3, 4].map((q) => `cx q[${q - 1}],q[${q}];\n`).join('')}`,
);
/** Qubits 0 to 3 are a[0], b[0..2]: only a[0] and b[2] are 1, b[2] with the phase i. */
const LOPSIDED = file(
  'lopsided.qasm',
  `${HEADER}qreg a[1];\nqreg b[3];\ncreg lo[2];\ncreg hi[1];\nx a[0];\nx b[2];\ns b[2];\nmeasure b[2] -> lo[1];\nmeasure b[0] -> hi[0];\n`,
);
const DEVICE = file('device.json', JSON.stringify(EXAMPLE_DEVICE_FILE));

describe('plaquette circuit run', () => {
  it.each(['cpu', 'wasm'] as const)('prints a Bell pair as JSON, on %s', async (engine) => {
    const bell = await run(BELL, '--engine', engine, '--shots', '1000', '--seed', '3', '--observables', 'ZZ,XX,YY,ZI');
    expect(Object.keys(bell).slice(0, 9)).toEqual(
      'qubits engine precision seconds amplitudes probabilities marginals expectations counts'.split(' '),
    );
    expect(bell).toMatchObject({ qubits: 2, engine, precision: engine === 'cpu' ? 'f64' : 'f32' });
    expect(Object.keys(bell.seconds).slice(0, 3)).toEqual(['parse', 'plan', 'run']);
    for (const [i, [re, im]] of bell.amplitudes!.entries()) {
      expect(re).toBeCloseTo(i % 3 === 0 ? Math.SQRT1_2 : 0, 6);
      expect(im).toBeCloseTo(0, 6);
    }
    const values = bell.expectations.map(({ value }) => value);
    for (const [i, expected] of [1, 1, -1, 0].entries()) expect(values[i]).toBeCloseTo(expected, 6);
    expect(Object.keys(bell.counts!).sort()).toEqual(['00', '11']);
    expect(bell.counts!['00']! + bell.counts!['11']!).toBe(1000);
  });

  it('keeps the order of bits: qubit k is bit k, the highest classical bit comes first', async () => {
    const { amplitudes, probabilities, marginals, counts } = await run(LOPSIDED, '--shots', '10');
    expect(probabilities!.findIndex((p) => p > 0.5)).toBe(0b1001);
    expect(amplitudes![0b1001]![1]).toBeCloseTo(1, 6);
    expect(marginals.map((p) => Math.round(p))).toEqual([1, 0, 0, 1]);
    expect(counts).toEqual({ '010': 10 });
  });

  it('takes the highest qubit first in observables', async () => {
    const { expectations } = await run(LOPSIDED, '--observables', 'ZIII,IIIZ,IZII,0.5*ZIIZ-2*IIZI');
    for (const [i, expected] of [-1, -1, 1, -1.5].entries()) expect(expectations[i]!.value).toBeCloseTo(expected, 6);
  });

  it('repeats itself from the same seed', async () => {
    const counts = async (seed: string): Promise<CircuitReport['counts']> =>
      (await run(GHZ, '--shots', '300', '--seed', seed)).counts;
    expect(await counts('11')).toEqual(await counts('11'));
    expect(await counts('12')).not.toEqual(await counts('11'));
  });

  it('gives the amplitudes that were asked for', async () => {
    const { amplitudes } = await run(GHZ, '--amplitudes', '31,1,0', '--precision', 'f64');
    for (const [i, expected] of [Math.SQRT1_2, 0, Math.SQRT1_2].entries())
      expect(amplitudes![i]![0]).toBeCloseTo(expected, 12);
    expect((await run(GHZ, '--amplitudes', 'none')).amplitudes).toBeNull();
  });

  it('binds parameters, also as multiples of pi', async () => {
    const path = file(
      'input.qasm',
      'OPENQASM 3.0; include "stdgates.inc"; input float a; input float b; qubit q; rx(a) q; rx(b) q;',
    );
    const { marginals } = await run(path, '--values', 'a = -3*pi/4, b=0.25e1', '--engine', 'cpu');
    expect(marginals[0]).toBeCloseTo(Math.sin((2.5 - 0.75 * Math.PI) / 2) ** 2, 12);
    expect((await circuit('run', path)).err).toContain('no value for a, b');
  });

  it('adds the noise of a device', async () => {
    const noisy = await run(BELL, '--noise', DEVICE, '--shots', '2000', '--observables', 'ZZ');
    expect(noisy.amplitudes).toBeNull();
    expect(noisy.expectations[0]!.value).toBeLessThan(0.999);
    expect(Object.keys(noisy.counts!).sort()).toEqual(['00', '01', '10', '11']);
    expect(noisy.notes.join(' ')).toContain('density matrix');
  });

  it('stops after some operations, and gives Bloch vectors', async () => {
    const { bloch } = await run(BELL, '--operations', '1', '--bloch', '--engine', 'cpu');
    expect(bloch!.map((vector) => vector.map((value) => Math.round(value)))).toEqual([
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });

  it('prints a table for people without --json', async () => {
    const { code, out } = await circuit('run', BELL, '--shots', '100', '--observables', 'ZZ', '--engine', 'cpu');
    expect(code).toBe(0);
    expect(out).toContain('2 qubits, 2 gates');
    expect(out).toContain('|11>  0.500000   +0.707107 +0.000000i');
    expect(out).toContain('<ZZ> = 1.0');
    expect(out).toContain('counts of 100 shots');
  });

  it('is quick with a file of random bytes, and shows none of them that could do harm', async () => {
    const garbage = new Uint8Array(10_000_000);
    new Prng(1).fill(garbage);
    const started = performance.now();
    const { code, out, err } = await circuit('run', file('garbage.qasm', garbage), '--json');
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/line \d+, column \d+: got .*expected .*\(QASM_/);
    expect(err.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('points at a mistake', async () => {
    const { code, err } = await circuit('run', file('mistake.qasm', `${HEADER}qreg q[2];\n\n  h q[0];  hh q[1];\n`));
    expect(code).toBe(1);
    const [message, line, caret] = err.split('\n');
    expect(message).toMatch(/mistake\.qasm, line 5, column 12: got "hh", expected .* \(QASM_NAME\)/);
    expect(line).toBe('5 |   h q[0];  hh q[1];');
    expect(caret!.indexOf('^')).toBe(line!.indexOf('hh'));
  });

  it.each([
    ['there is no file', [join(folder, 'missing.qasm')], 'there is no file'],
    ['a folder', [folder], 'is a folder'],
    ['an empty file', [file('empty.qasm', '')], 'QASM_'],
    ['a huge index', [file('index.qasm', `${HEADER}qreg q[2];\nh q[99999999999];\n`)], 'line 4'],
    ['a huge register', [file('register.qasm', `${HEADER}qreg q[99999999999];\n`)], 'QASM_'],
    ['more qubits than any memory', [file('forty.qasm', `${HEADER}qreg q[40];\nh q[39];\n`)], 'QUANTUM_QUBITS'],
    ['one qubit twice', [file('twice.qasm', `${HEADER}qreg q[2];\ncx q[1],q[1];\n`)], 'QASM_DUPLICATE'],
    ['an amplitude that does not exist', [BELL, '--amplitudes', '4'], 'indices 0 to 3'],
    ['an observable of another size', [BELL, '--observables', 'ZZZ'], 'QUANTUM_OBSERVABLE'],
    ['a device model that is missing', [BELL, '--noise', join(folder, 'missing.json')], 'CLI_READ'],
    ['a device model that is none', [BELL, '--noise', BELL], 'CLI_READ'],
    ['a device that is too small', [file('six.qasm', `${HEADER}qreg q[6];\nh q[5];\n`), '--noise', DEVICE], '5'],
  ])('%s is a failure: exit code 1, the reason on stderr, nothing on stdout', async (_name, argv, reason) => {
    const { code, out, err } = await circuit('run', ...argv, '--json');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(reason);
    expect(err).not.toContain('    at ');
  });

  it.each([
    [['run'], 'expected one'],
    [['run', BELL, GHZ], 'got 2 files'],
    [['fly', BELL], '"fly"'],
    [[], 'expected run, optimise or draw'],
    [['run', BELL, '--engine', 'abacus'], '"abacus"'],
    [['run', BELL, '--precision', 'f16'], '"f16"'],
    [['run', BELL, '--threads', '0'], 'from 1'],
    [['run', BELL, '--shots', '-1'], '--shots'],
    [['run', BELL, '--shots=-1'], 'from 0'],
    [['run', BELL, '--shots', '1e12'], 'from 0 to 100000000'],
    [['run', BELL, '--seed', '0.5'], 'whole number'],
    [['run', BELL, '--amplitudes', '1,x'], '"x"'],
    [['run', BELL, '--values', 'theta'], 'name=number'],
    [['run', BELL, '--values', 'a=1,a=2'], 'twice'],
    [['run', BELL, '--wat'], '--wat'],
    [['optimise', BELL], '--out is missing'],
    [['optimise', BELL, '--out', join(folder, 'x'), '--objective', 'beauty'], '"beauty"'],
    [['optimise', BELL, '--out', join(folder, 'x'), '--objective', 'noise'], '--noise'],
  ])('%j is wrong use: exit code 2', async (argv, reason) => {
    const { code, out, err } = await circuit(...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(reason);
  });
});

describe('plaquette circuit optimise', () => {
  const wasteful = file(
    'wasteful.qasm',
    `${HEADER}qreg q[3];\nh q[0];\nh q[0];\nt q[1];\ncx q[0],q[1];\ncx q[0],q[1];\nt q[1];\nccx q[0],q[1],q[2];\nh q[2];\n`,
  );

  it('writes a shorter circuit that does the same', async () => {
    const out = join(folder, 'short.qasm');
    const { code, out: printed, err } = await circuit('optimise', wasteful, '--out', out, '--json');
    expect([code, err]).toEqual([0, '']);
    const result = JSON.parse(printed) as Omit<OptimiseReport, 'qasm'> & { readonly out: string };
    expect(result.after.total).toBeLessThan(result.before.total);
    expect(result).toMatchObject({ changed: true, out, equivalence: { checked: true } });
    expect(Object.keys(result.before).sort()).toEqual(['depth', 't', 'total', 'twoQubit']);
    expect(readFileSync(out, 'utf8')).toContain('OPENQASM 2.0');
    const [before, after] = [await run(wasteful, '--engine', 'cpu'), await run(out, '--engine', 'cpu')];
    for (const [i, p] of before.probabilities!.entries()) expect(after.probabilities![i]).toBeCloseTo(p, 10);
  });

  it('says what cannot be written', async () => {
    const { code, err } = await circuit('optimise', wasteful, '--out', join(folder, 'no', 'such', 'folder'));
    expect(code).toBe(1);
    expect(err).toContain('CLI_WRITE');
  });
});

describe('plaquette circuit draw', () => {
  it('draws as text, and as a picture in a file', async () => {
    const { code, out } = await circuit('draw', BELL);
    expect(code).toBe(0);
    expect(out.split('\n').length).toBeGreaterThanOrEqual(2);
    expect(out).toContain('H');
    const svg = join(folder, 'bell.svg');
    expect((await circuit('draw', BELL, '--svg', svg)).code).toBe(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /);
  });
});

describe('the program', () => {
  beforeAll(buildProgram, 120_000);

  it.each(['cpu', 'wasm'])('ends by itself after a run on %s, with nothing but JSON on stdout', (engine) => {
    const { code, out, err } = plaquette('circuit', 'run', BELL, '--engine', engine, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ qubits: 2, engine });
  });
});
