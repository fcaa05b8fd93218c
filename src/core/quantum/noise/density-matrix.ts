import { assert, at } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Bindings } from '../circuit/angle.ts';
import { checkBindings, checkCircuit, type CircuitFailure } from '../circuit/check.ts';
import type { Circuit, IfOperation, MeasureOperation, Operation, UnitaryStep } from '../circuit/circuit.ts';
import { matrixOf, type Matrix } from '../circuit/gate-table.ts';
import { DENSITY_QUBITS_MAX, DensityMatrix } from './density-state.ts';
import { confuse, OutcomeTable } from './outcomes.ts';
import { measuresAnything, terminalMeasurements } from './terminal-measurements.ts';
import { RESET, transferOfChannel, transferOfMatrix, transferOfReadout } from './transfer-matrix.ts';

/** All classical branches together: two of 13 qubits, 128 of 10, 4096 (see below) of 7 and less. */
const BYTES_MAX = 2 ** 30;
/** Twelve independent mid-circuit outcomes; beyond, trajectories are cheaper than following every one. */
export const BRANCHES_MAX = 4096;
/** An outcome of this weight is the rounding of an impossible one. All dropped ones together change no result above 1e-11. */
const WEIGHT_MIN = 1e-15;
/** Entry updates between two chances for the host to deliver an abort: about 0.2 s. */
const WORK_PER_PAUSE = 2 ** 26;

export type DensityFailure = CircuitFailure | Failure<'QUANTUM_MEMORY' | 'QUANTUM_BRANCHES' | 'QUANTUM_ABORTED'>;

export interface DensityOptions {
  /** By position of `circuit.parameters`. */
  readonly values?: ArrayLike<number>;
  readonly signal?: AbortSignal;
  /** Gives the host's event loop a turn (`() => clock.sleep(0)`), without which no abort can arrive. */
  readonly pause?: () => Promise<void>;
  /** The part that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

export interface DensityOutcome {
  /** Before the measurements at the end, over all outcomes of earlier ones: trace 1. */
  readonly state: DensityMatrix;
  /** Of the classical bits; of all qubits where the circuit measures nothing. */
  readonly outcomes: OutcomeTable;
}

interface Branch {
  readonly clbits: Uint8Array;
  readonly state: DensityMatrix;
}

interface Run {
  readonly circuit: Circuit;
  readonly bindings: Bindings;
  readonly options: DensityOptions;
  /** Branches that exist anywhere in the recursion. */
  live: number;
  work: number;
}

/**
 * Exact noisy simulation of up to 13 qubits: the whole density matrix, float64, 8 * 4^n bytes. Measurements at the end are
 * read from the final diagonal; earlier ones split the run into one unnormalised matrix per value of the classical bits,
 * and values that meet again are added up.
 * Failures: of the circuit check, QUANTUM_MEMORY, QUANTUM_BRANCHES (take trajectories), QUANTUM_ABORTED.
 */
export async function runDensityMatrix(
  circuit: Circuit,
  options: DensityOptions = {},
): Promise<Result<DensityOutcome, DensityFailure>> {
  const reason = `a density matrix of 13 qubits takes 512 MiB and every further qubit four times as much; take trajectories`;
  const fits = checkCircuit(circuit, DENSITY_QUBITS_MAX, reason);
  if (!fits.ok) return fits;
  const bindings = checkBindings(circuit, options.values ?? []);
  if (!bindings.ok) return bindings;
  const zero = DensityMatrix.zero(circuit.qubits);
  if (!zero.ok) return zero;

  const terminal = terminalMeasurements(circuit);
  const run: Run = { circuit, bindings: bindings.value, options, live: 1, work: 0 };
  let branches: readonly Branch[] = [{ clbits: new Uint8Array(circuit.clbits), state: zero.value }];
  for (const [i, operation] of circuit.operations.entries()) {
    if (terminal.has(i)) continue;
    const next = await step(run, operation, branches);
    if (!next.ok) return next;
    branches = next.value;
    options.onProgress?.((i + 1) / circuit.operations.length);
  }
  return ok(conclude(circuit, terminal, branches));
}

async function step(
  run: Run,
  operation: Operation,
  branches: readonly Branch[],
): Promise<Result<readonly Branch[], DensityFailure>> {
  const { options } = run;
  if (options.signal?.aborted === true) return fail('QUANTUM_ABORTED', 'the run was cancelled');
  run.work += branches.length * 4 ** run.circuit.qubits;
  if (run.work >= WORK_PER_PAUSE && options.pause !== undefined) {
    run.work = 0;
    await options.pause();
  }
  switch (operation.kind) {
    case 'measure':
      return measured(run, operation, branches);
    case 'if':
      return conditional(run, operation, branches);
    case 'barrier':
      return ok(branches);
    case 'gate':
    case 'unitary':
    case 'channel':
    case 'reset':
      for (const { state } of branches) applyTo(state, operation, run.bindings);
      return ok(branches);
  }
}

function applyTo(
  state: DensityMatrix,
  operation: Exclude<Operation, { kind: 'measure' | 'if' | 'barrier' }>,
  bindings: Bindings,
): void {
  switch (operation.kind) {
    case 'gate':
    case 'unitary':
      return applyStep(state, operation, bindings);
    case 'channel':
      return applySmall(state, transferOfChannel(operation), operation.targets);
    case 'reset':
      return state.apply1(operation.qubit, RESET);
  }
}

function applyStep(state: DensityMatrix, operation: UnitaryStep, bindings: Bindings): void {
  const { targets, controls } = operation;
  const involved = targets.length + controls.length;
  // A global phase leaves a density matrix alone.
  if (involved === 0) return;
  const matrix = matrixOf(operation, bindings);
  if (involved > 2) state.applyUnitary(matrix, targets, controls);
  else applySmall(state, transferOfMatrix(withControls(matrix, controls.length)), [...targets, ...controls]);
}

function applySmall(state: DensityMatrix, map: Float64Array, targets: readonly number[]): void {
  const [first, second] = targets;
  assert(first !== undefined, 'a map without a target');
  if (second === undefined) state.apply1(first, map);
  else state.apply2([first, second], map);
}

const controlled = new WeakMap<Matrix, Map<number, Matrix>>();

/** The matrix on the targets (low bits) and the controls (high bits). Kept by matrix, so that every cx is the same object. */
function withControls(matrix: Matrix, controls: number): Matrix {
  if (controls === 0) return matrix;
  const known = controlled.get(matrix) ?? new Map<number, Matrix>();
  controlled.set(matrix, known);
  const found = known.get(controls);
  if (found !== undefined) return found;
  const small = Math.sqrt(matrix.length / 2);
  const size = small * 2 ** controls;
  const out = new Float64Array(2 * size * size);
  for (let i = 0; i < size - small; i++) out[2 * (i * size + i)] = 1;
  for (let row = 0; row < small; row++)
    out.set(matrix.subarray(2 * row * small, 2 * (row + 1) * small), 2 * ((size - small + row) * size + size - small));
  known.set(controls, out);
  return out;
}

/** Every branch becomes up to two, by the recorded bit; those with equal classical bits are one. */
function measured(
  run: Run,
  { qubit, clbit, flip }: MeasureOperation,
  branches: readonly Branch[],
): Result<readonly Branch[], DensityFailure> {
  const [zero, one] = flip ?? [0, 0];
  const out: Branch[] = [];
  for (const { clbits, state } of branches) {
    const [p0, p1] = state.probabilities([qubit]) as unknown as readonly [number, number];
    const weights = [p0 * (1 - zero) + p1 * one, p0 * zero + p1 * (1 - one)];
    const possible = ([0, 1] as const).filter((bit) => at(weights, bit) > WEIGHT_MIN);
    for (const [i, bit] of possible.entries()) {
      const split = i < possible.length - 1;
      if (split && tooMany(run)) return branchFailure(run);
      const copy = split ? state.clone() : ok(state);
      if (!copy.ok) return copy;
      if (split) run.live++;
      copy.value.apply1(qubit, bit === 0 ? transferOfReadout(1 - zero, one) : transferOfReadout(zero, 1 - one));
      const bits = Uint8Array.from(clbits);
      bits[clbit] = bit;
      out.push({ clbits: bits, state: copy.value });
    }
    if (possible.length === 0) run.live--;
  }
  return ok(merged(run, out));
}

function tooMany({ circuit, live }: Run): boolean {
  return live + 1 > BRANCHES_MAX || (live + 1) * 8 * 4 ** circuit.qubits > BYTES_MAX;
}

function branchFailure({ circuit, live }: Run): { readonly ok: false; readonly error: DensityFailure } {
  return fail(
    'QUANTUM_BRANCHES',
    `measurements in the middle of the circuit split the run into more than ${live} density matrices of ${circuit.qubits} qubits, ` +
      `the limit is ${BRANCHES_MAX} and ${BYTES_MAX} bytes; measure at the end, reuse classical bits, or take trajectories`,
  );
}

function merged(run: Run, branches: readonly Branch[]): readonly Branch[] {
  const byBits = new Map<string, Branch>();
  for (const branch of branches) {
    const key = branch.clbits.join('');
    const twin = byBits.get(key);
    if (twin === undefined) byBits.set(key, branch);
    else {
      twin.state.add(branch.state);
      run.live--;
    }
  }
  return [...byBits.values()];
}

async function conditional(
  run: Run,
  { clbits, equals, then, otherwise }: IfOperation,
  branches: readonly Branch[],
): Promise<Result<readonly Branch[], DensityFailure>> {
  const reads = (branch: Branch): boolean => {
    let value = 0;
    for (const [j, clbit] of clbits.entries()) value += at(branch.clbits, clbit) * 2 ** j;
    return value === equals;
  };
  const out: Branch[] = [];
  for (const truth of [true, false]) {
    let taken: readonly Branch[] = branches.filter((branch) => reads(branch) === truth);
    if (taken.length === 0) continue;
    for (const operation of truth ? then : otherwise) {
      const next = await step(run, operation, taken);
      if (!next.ok) return next;
      taken = next.value;
    }
    out.push(...taken);
  }
  return ok(merged(run, out));
}

function conclude(circuit: Circuit, terminal: ReadonlySet<number>, branches: readonly Branch[]): DensityOutcome {
  const measures = circuit.operations.filter((operation, i): operation is MeasureOperation => terminal.has(i));
  const bare = !measuresAnything(circuit.operations);
  const qubits = bare ? Array.from({ length: circuit.qubits }, (_, q) => q) : measures.map(({ qubit }) => qubit);
  const places = bare ? qubits : measures.map(({ clbit }) => clbit);
  const tables = branches.map(({ clbits, state }) => {
    const distribution = state.probabilities(qubits);
    for (const [j, { flip }] of measures.entries()) if (flip !== undefined) confuse(distribution, j, flip);
    return { clbits: bare ? new Uint8Array(circuit.qubits) : clbits, distribution };
  });
  const [first, ...others] = branches;
  assert(first !== undefined, 'a run keeps at least one branch');
  for (const other of others) first.state.add(other.state);
  return { state: first.state, outcomes: new OutcomeTable(places, tables) };
}
