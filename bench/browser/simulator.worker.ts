import { expose } from 'comlink';
import { unwrap } from '../../src/core/lib/result.ts';
import { circuitOf, gate } from '../../src/core/quantum/circuit/builder.ts';
import type { Circuit } from '../../src/core/quantum/circuit/circuit.ts';
import type { Precision, QuantumEngine } from '../../src/core/quantum/engine/engine.ts';
import type { PauliSum } from '../../src/core/quantum/engine/pauli.ts';
import { openWasmEngine } from '../../src/engines/wasm-quantum/wasm-engine.ts';
import { spawnThread } from '../../workers/quantum/spawn-thread.ts';

export interface TimedRun {
  /** Planning, binding and running; the state stays in the engine. */
  readonly seconds: number;
  readonly passes: number;
  /** Sum of squares: what was timed was a state. */
  readonly norm: number;
}

const engines = new Map<string, Promise<QuantumEngine>>();

function engineOf(threads: number, precision: Precision): Promise<QuantumEngine> {
  const key = `${threads} ${precision}`;
  let engine = engines.get(key);
  if (engine === undefined) {
    engine = openWasmEngine({ precision, threads, spawnThread }).then(unwrap);
    engines.set(key, engine);
  }
  return engine;
}

async function run(circuit: Circuit, threads: number, precision: Precision = 'f32'): Promise<TimedRun> {
  const engine = await engineOf(threads, precision);
  const started = performance.now();
  const prepared = unwrap(await engine.prepare(circuit));
  const { state } = unwrap(await engine.run(prepared));
  const seconds = (performance.now() - started) / 1000;
  const norm = unwrap(await state.norm());
  state.dispose();
  return { seconds, passes: prepared.stats.passes, norm };
}

/** One read and one write of a state of this size, in place, by the same threads. */
async function pass(qubits: number, threads: number): Promise<number> {
  const engine = await engineOf(threads, 'f32');
  const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuitOf(qubits, [gate('h', [0])])))));
  const turn = unwrap(await engine.prepare(circuitOf(qubits, [gate('rz', [qubits - 1], [0.1])])));
  const copied = unwrap(await engine.run(turn, { from: state }));
  copied.state.dispose();
  // The copy of the state is part of a run from a state: it is timed alone and taken off.
  const started = performance.now();
  const again = unwrap(await engine.run(turn, { from: state }));
  const both = performance.now() - started;
  const copying = performance.now();
  const clone = unwrap(await state.clone());
  const copy = performance.now() - copying;
  for (const each of [again.state, clone, state]) each.dispose();
  return Math.max(0, both - copy) / 1000;
}

async function amplitudes(circuit: Circuit, precision: Precision): Promise<Float64Array> {
  const engine = await engineOf(1, precision);
  const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit))));
  const values = unwrap(await state.amplitudes());
  state.dispose();
  return values;
}

/** Seconds of a forward run and of the gradient of all parameters. */
async function gradient(
  circuit: Circuit,
  observable: PauliSum,
  values: Float64Array,
  precision: Precision,
): Promise<{ readonly forward: number; readonly gradient: number; readonly values: Float64Array }> {
  const engine = await engineOf(1, precision);
  const prepared = unwrap(await engine.prepare(circuit));
  const started = performance.now();
  const { state } = unwrap(await engine.run(prepared, { values }));
  const forward = (performance.now() - started) / 1000;
  state.dispose();
  const middle = performance.now();
  const result = unwrap(await engine.gradient(prepared, observable, values));
  return { forward, gradient: (performance.now() - middle) / 1000, values: result.gradient };
}

const door = { run, pass, amplitudes, gradient };
export type BenchDoor = typeof door;
expose(door);
