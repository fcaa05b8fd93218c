import { existsSync, readFileSync } from 'node:fs';
import { unwrap } from '../src/core/lib/result.ts';
import { parameter } from '../src/core/quantum/circuit/angle.ts';
import { circuitOf, gate } from '../src/core/quantum/circuit/builder.ts';
import type { Circuit } from '../src/core/quantum/circuit/circuit.ts';
import type { PauliSum } from '../src/core/quantum/engine/pauli.ts';
import { createCpuDevice } from '../src/core/quantum/engine/cpu-device.ts';
import { createEngine } from '../src/core/quantum/engine/simulator.ts';
import { optimise } from '../src/core/quantum/optimise/optimise.ts';
import { parseQasm } from '../src/core/quantum/qasm/parse-qasm.ts';
import { makePlan } from '../src/engines/webgpu/plan/plan.ts';
import { realClock } from '../src/platform/host.ts';
import type { BenchPage } from './browser/page.ts';
import { gzippedKiB, openBenchPage, type BenchBrowser } from './support/bench-page.ts';
import {
  ansatzCircuit,
  fourierCircuit,
  randomCircuit,
  toCircuit,
  toQasm,
  type BenchCircuit,
} from './support/circuits.ts';
import { runNpmPeers } from './support/npm-peers.ts';
import { openQsim, type Qsim } from './support/qsim.ts';
import { median, type BenchResult } from './result.ts';

const WARM_UPS = 2;
const ROUNDS = 7;
/** Runs of some milliseconds are many, so that the middle one is of warm code on both sides. */
const ROUNDS_OF_SMALL = 31;
const SMALL_QUBITS = 20;
/** Ours and qsim's on the same machine, in turns; the goals of the project. */
const RACES: readonly { readonly circuit: BenchCircuit; readonly threads: number; readonly goal: number }[] = [
  ...[1, 2].flatMap((threads) => [
    { circuit: randomCircuit(20), threads, goal: 0.8 },
    { circuit: randomCircuit(22), threads, goal: 1 },
    { circuit: randomCircuit(24), threads, goal: 1 },
    { circuit: fourierCircuit(24), threads, goal: 3 },
    { circuit: ansatzCircuit(24), threads, goal: 1.5 },
  ]),
];

export async function run(): Promise<BenchResult[]> {
  const browser = await openBenchPage();
  try {
    const qsim = openQsim();
    return [
      ...(await races(browser, qsim)),
      ...(await peers(browser)),
      ...(await gradients(browser)),
      ...(await precision(browser)),
      ...(await startUp(browser)),
      ...gpuPlans(),
      ...optimiser(),
    ];
  } finally {
    await browser.close();
  }
}

interface Timed {
  readonly seconds: number;
  readonly passes: number;
}

async function ours({ page }: BenchBrowser, circuit: Circuit, threads: number): Promise<Timed> {
  const timed = await page.evaluate(
    async ([steps, count]) => {
      const { bench } = globalThis as unknown as { bench: BenchPage };
      return bench.door(count).run(steps, count);
    },
    [circuit, threads] as const,
  );
  if (!(Math.abs(timed.norm - 1) < 1e-4)) throw new Error(`the timed state has norm ${timed.norm}, expected 1`);
  return timed;
}

async function races(browser: BenchBrowser, qsim: Qsim | null): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const { circuit, threads, goal } of RACES) {
    const steps = toCircuit(circuit);
    const fusion = qsim?.bestFusion(circuit, threads) ?? 0;
    for (let i = 0; i < WARM_UPS; i++) await ours(browser, steps, threads);
    const [mine, theirs, passes]: [number[], number[], number[]] = [[], [], []];
    let planned = 0;
    const rounds = circuit.qubits <= SMALL_QUBITS ? ROUNDS_OF_SMALL : ROUNDS;
    for (let i = 0; i < rounds; i++) {
      const timed = await ours(browser, steps, threads);
      planned = timed.passes;
      mine.push(timed.seconds);
      if (qsim !== null) theirs.push(qsim.seconds(circuit, threads, fusion));
      passes.push(await onePass(browser, circuit.qubits, threads));
    }
    const label = `${circuit.name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    const how = `Chromium ${browser.version}, median of ${rounds} in turns, planning included, ${planned} passes`;
    const rate = (circuit.gates.length * 2 ** circuit.qubits) / median(mine) / 1e9;
    results.push(
      {
        name: label,
        value: 1000 * median(mine),
        unit: 'ms',
        goal: null,
        better: 'lower',
        note: `${how}; ${rate.toFixed(1)} G amplitude updates/s`,
      },
      {
        name: `${label}, in passes over the state`,
        value: median(mine) / median(passes),
        unit: 'passes',
        goal: null,
        better: 'lower',
        note: 'one pass: read and write every amplitude in place, same threads',
      },
    );
    if (qsim === null) continue;
    const note = `native qsim, AVX-512, -f ${fusion}, best of 2 to 4: ${(1000 * median(theirs)).toFixed(1)} ms; best of both: ${(Math.min(...theirs) / Math.min(...mine)).toFixed(2)}x`;
    results.push({
      name: `${label}, against qsim`,
      value: median(theirs) / median(mine),
      unit: 'x',
      goal,
      better: 'higher',
      note,
    });
  }
  return results;
}

function onePass({ page }: BenchBrowser, qubits: number, threads: number): Promise<number> {
  return page.evaluate(
    async ([n, count]) => {
      const { bench } = globalThis as unknown as { bench: BenchPage };
      return bench.door(count).pass(n, count);
    },
    [qubits, threads] as const,
  );
}

/** The npm packages once each (they take seconds), ours in the same run. */
async function peers(browser: BenchBrowser): Promise<BenchResult[]> {
  const cpu = createEngine(createCpuDevice());
  const runs = await runNpmPeers(
    async (circuit) => {
      const { state } = unwrap(await cpu.run(unwrap(await cpu.prepare(toCircuit(circuit)))));
      return unwrap(await state.amplitudes());
    },
    [14],
  );
  const circuit = toCircuit(randomCircuit(14));
  for (let i = 0; i < WARM_UPS; i++) await ours(browser, circuit, 1);
  const mine: number[] = [];
  for (let i = 0; i < 3 * ROUNDS; i++) mine.push((await ours(browser, circuit, 1)).seconds);
  return runs.map(({ peer, qubits, seconds }) => ({
    name: `against npm ${peer}, random circuit of ${qubits} qubits`,
    value: seconds / median(mine),
    unit: 'x',
    goal: peer === 'quantum-circuit' ? 1000 : null,
    better: 'higher',
    note: `${peer} ${seconds.toFixed(2)} s once, ours ${(1000 * median(mine)).toFixed(2)} ms, one thread, planning included`,
  }));
}

interface Ansatz {
  readonly circuit: Circuit;
  readonly observable: PauliSum;
  readonly values: Float64Array;
}

/** Layers of RY, RZ and a CNOT ladder with about 300 parameters; X on every qubit and ZZ on neighbours. */
function trainable(qubits: number): Ansatz {
  const layers = Math.round(150 / qubits);
  const operations = Array.from({ length: layers }, (_, layer) => [
    ...Array.from({ length: qubits }, (_, q) => gate('ry', [q], [parameter(`y${layer}_${q}`)])),
    ...Array.from({ length: qubits }, (_, q) => gate('rz', [q], [parameter(`z${layer}_${q}`)])),
    ...Array.from({ length: qubits - 1 }, (_, q) => gate('x', [q + 1], [], [q])),
  ]).flat();
  const circuit = circuitOf(qubits, operations);
  const fields = Array.from({ length: qubits }, (_, q) => ({ coefficient: 0.7, x: 2 ** q, z: 0 }));
  const bonds = Array.from({ length: qubits - 1 }, (_, q) => ({ coefficient: 1, x: 0, z: 3 * 2 ** q }));
  const values = Float64Array.from(circuit.parameters, (_, i) => 3 * Math.sin(7.3 * i + 1));
  return { circuit, observable: { qubits, terms: [...fields, ...bonds] }, values };
}

async function gradients({ page }: BenchBrowser): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const qubits of [16, 18, 20]) {
    const ansatz = trainable(qubits);
    const timed: { readonly forward: number; readonly gradient: number }[] = [];
    for (let i = 0; i < WARM_UPS + ROUNDS; i++) {
      const { forward, gradient } = await page.evaluate(async ({ circuit, observable, values }) => {
        const { bench } = globalThis as unknown as { bench: BenchPage };
        return bench.door(1).gradient(circuit, observable, values, 'f32');
      }, ansatz);
      if (i >= WARM_UPS) timed.push({ forward, gradient });
    }
    const forward = median(timed.map((t) => t.forward));
    const gradient = median(timed.map((t) => t.gradient));
    results.push({
      name: `gradient of ${ansatz.circuit.parameters.length} parameters, ${qubits} qubits, against the forward run`,
      value: gradient / forward,
      unit: 'x',
      goal: 4,
      better: 'lower',
      note: `${(1000 * forward).toFixed(1)} and ${(1000 * gradient).toFixed(1)} ms, one thread, float32, ${ansatz.observable.terms.length} Pauli terms`,
    });
  }
  return results;
}

/** A thousand layers against the float64 oracle. */
async function precision({ page }: BenchBrowser): Promise<BenchResult[]> {
  const deep = toCircuit(randomCircuit(12, 1000));
  const cpu = createEngine(createCpuDevice());
  const { state } = unwrap(await cpu.run(unwrap(await cpu.prepare(deep))));
  const exact = unwrap(await state.amplitudes());
  const results: BenchResult[] = [];
  for (const [name, goal] of [
    ['f32', 1e-10],
    ['f64', 1e-12],
  ] as const) {
    const got = await page.evaluate(
      async ([circuit, kind]) => {
        const { bench } = globalThis as unknown as { bench: BenchPage };
        return bench.door(1).amplitudes(circuit, kind);
      },
      [deep, name] as const,
    );
    const note = `12 qubits, depth 1000 (${deep.operations.length} gates), against gate by gate in float64`;
    results.push({
      name: `infidelity at depth 1000, ${name}`,
      value: infidelity(exact, got),
      unit: '',
      goal,
      better: 'lower',
      note,
    });
  }
  return results;
}

/** 1 - |<a|b>|^2 / (<a|a> <b|b>), without the cancellation: |a - (phase) b|^2 to lowest order. */
function infidelity(a: Float64Array, b: Float64Array): number {
  let [re, im, aa] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 2) {
    re += (a[i] ?? 0) * (b[i] ?? 0) + (a[i + 1] ?? 0) * (b[i + 1] ?? 0);
    im += (a[i] ?? 0) * (b[i + 1] ?? 0) - (a[i + 1] ?? 0) * (b[i] ?? 0);
    aa += (a[i] ?? 0) ** 2 + (a[i + 1] ?? 0) ** 2;
  }
  // What is left of b beside its projection on a.
  let [rest, bb] = [0, 0];
  for (let i = 0; i < a.length; i += 2) {
    const [ar, ai, br, bi] = [a[i] ?? 0, a[i + 1] ?? 0, b[i] ?? 0, b[i + 1] ?? 0];
    rest += (br - (re * ar - im * ai) / aa) ** 2 + (bi - (re * ai + im * ar) / aa) ** 2;
    bb += br * br + bi * bi;
  }
  return rest / bb;
}

async function startUp({ page }: BenchBrowser): Promise<BenchResult[]> {
  const qasm = toQasm(randomCircuit(10));
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++)
    times.push(
      await page.evaluate(async (text) => {
        const { bench } = globalThis as unknown as { bench: BenchPage };
        return bench.firstResult(text);
      }, qasm),
    );
  const size = await gzippedKiB('src/engines/wasm-quantum/wasm-engine.ts');
  return [
    {
      name: 'first result of a 10-qubit circuit',
      value: median(times),
      unit: 'ms',
      goal: 50,
      better: 'lower',
      note: `after the quantum worker has started: parsing, engine, plan, run, read; median of ${ROUNDS} new workers`,
    },
    {
      name: 'engine, gzipped',
      value: size,
      unit: 'KiB',
      goal: 60,
      better: 'lower',
      note: 'WebAssembly engine with planner, driver and the generator of its kernels, minified',
    },
  ];
}

/** The 16 KiB of workgroup memory that every GPU has: tiles of 2^11 amplitudes, eight in the registers of a thread. */
const GUARANTEED = { shape: { tile: 11, registers: 3, low: 4 }, fuse: true, submissionWork: 2 ** 40 } as const;

/** What the WGSL engine does per circuit is fixed by its plan; speed needs a GPU. */
function gpuPlans(): BenchResult[] {
  return [randomCircuit(24), fourierCircuit(24), ansatzCircuit(24)].flatMap((circuit): BenchResult[] => {
    const steps = toCircuit(circuit).operations.filter((step) => step.kind === 'gate');
    const sequence = { qubits: circuit.qubits, steps, parameters: [], fromZero: true };
    const { stats } = unwrap(makePlan(sequence, GUARANTEED));
    const perPass = stats.gates / stats.passes;
    const goal = circuit.name.startsWith('random') ? 15 : null;
    return [
      {
        name: `WGSL, ${circuit.name}: gates a pass`,
        value: perPass,
        unit: 'gates',
        goal,
        better: 'higher',
        note: `${stats.passes} passes, ${stats.dispatches} dispatches, ${(stats.bytes / 2 ** 30).toFixed(1)} GiB moved`,
      },
    ];
  });
}

const SUITE = ['tof_3', 'tof_4', 'barenco_tof_3', 'mod5_4', 'vbe_adder_3', 'gf2^E4_mult'] as const;
const SUITE_FOLDER = '../shared/data/circuits/';
/** T-count that PyZX's full_reduce leaves of these files. */
const PYZX_T: Readonly<Record<(typeof SUITE)[number], number>> = {
  tof_3: 15,
  tof_4: 23,
  barenco_tof_3: 16,
  mod5_4: 8,
  vbe_adder_3: 24,
  'gf2^E4_mult': 68,
};

function optimiser(): BenchResult[] {
  if (!existsSync(SUITE_FOLDER)) {
    console.log('     circuits of Nam et al.: skipped, they are not here');
    return [];
  }
  const results: BenchResult[] = [];
  let logs = 0;
  for (const name of SUITE) {
    const circuit = unwrap(parseQasm(readFileSync(`${SUITE_FOLDER}${name}_before.qasm`, 'utf8')));
    const started = performance.now();
    const { before, after, equivalence } = unwrap(optimise(circuit, { clock: realClock }));
    const seconds = (performance.now() - started) / 1000;
    if (!equivalence.checked) throw new Error(`${name}: the result was not checked`);
    logs += Math.log(after.total / before.total);
    results.push(
      {
        name: `optimiser, ${name}: T gates`,
        value: after.t,
        unit: 'gates',
        goal: PYZX_T[name],
        better: 'lower',
        note: `${before.t} before; the goal is PyZX full_reduce`,
      },
      {
        name: `optimiser, ${name}: seconds`,
        value: seconds,
        unit: 's',
        goal: 2,
        better: 'lower',
        note: `${before.total} gates before, ${after.total} after; ${equivalence.method}`,
      },
    );
  }
  const drop = 100 * (1 - Math.exp(logs / SUITE.length));
  return [
    {
      name: 'optimiser, fewer gates in the geometric mean',
      value: drop,
      unit: '%',
      goal: 29.4,
      better: 'higher',
      note: `${SUITE.length} circuits of Nam et al.`,
    },
    ...results,
  ];
}
