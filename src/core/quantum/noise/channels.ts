import { at } from '../../lib/assert.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import { completenessError, UNITARITY_MAX } from '../circuit/check.ts';
import type { ChannelOperation, MeasureOperation, UnitaryStep } from '../circuit/circuit.ts';
import { gate } from '../circuit/builder.ts';
import { unitarityError, type Matrix } from '../circuit/gate-table.ts';
import { overlap, PAULI_PAIRS, PAULIS, scaledKraus } from './kraus.ts';

/**
 * Noise channels as operations of a circuit. Textbook forms: Nielsen and Chuang, section 8.3. Every builder refuses
 * numbers that make no channel with QUANTUM_CHANNEL. Mixtures of unitaries carry their probabilities, the identity first;
 * where `probabilities` is null the operators are listed with the usually most probable first.
 */
export type ChannelFailure = Failure<'QUANTUM_CHANNEL'>;
export type Channel = Result<ChannelOperation, ChannelFailure>;

/** Probabilities that were divided in float64 sum to 1 within this; a row that is off by 1e-6 is somebody's mistake. */
export const SUM_TOLERANCE = 1e-9;

export const channelFailure = (message: string) => fail('QUANTUM_CHANNEL', message);

/** X with probability p. */
export function bitFlip(p: number, qubit: number): Channel {
  return flip('bit flip', p, at(PAULIS, 1), qubit);
}

/** Z with probability p. */
export function phaseFlip(p: number, qubit: number): Channel {
  return flip('phase flip', p, at(PAULIS, 3), qubit);
}

/** Y with probability p. */
export function bitPhaseFlip(p: number, qubit: number): Channel {
  return flip('bit-phase flip', p, at(PAULIS, 2), qubit);
}

function flip(label: string, p: number, pauli: Matrix, qubit: number): Channel {
  return rangeProblem(label, 'p', p, 1) ?? ok(mixture(label, [at(PAULIS, 0), pauli], [1 - p, p], [qubit]));
}

/** X, Y and Z with the given probabilities, otherwise nothing. */
export function pauliChannel1(
  p: { readonly x: number; readonly y: number; readonly z: number },
  qubit: number,
): Channel {
  const none = 1 - p.x - p.y - p.z;
  return pauliMixture(
    'Pauli channel',
    [Math.abs(none) <= SUM_TOLERANCE ? Math.max(0, none) : none, p.x, p.y, p.z],
    [qubit],
  );
}

/**
 * All 16 probabilities by index a + 4 b: Pauli a on `targets[0]`, b on `targets[1]`; 0 to 3 are I, X, Y, Z. They sum to 1
 * within 1e-9.
 */
export function pauliChannel2(probabilities: ArrayLike<number>, targets: readonly [number, number]): Channel {
  return pauliMixture('Pauli channel', Array.from(probabilities), targets);
}

function pauliMixture(label: string, probabilities: readonly number[], targets: readonly number[]): Channel {
  const paulis = targets.length === 1 ? PAULIS : PAULI_PAIRS;
  if (probabilities.length !== paulis.length)
    return channelFailure(`${label}: got ${probabilities.length} probabilities, expected ${paulis.length}`);
  if (targets.length === 2 && targets[0] === targets[1])
    return channelFailure(`${label}: qubit ${targets[0]} is used twice`);
  for (const p of probabilities) {
    const problem = rangeProblem(label, 'a probability', p, 1);
    if (problem !== null) return problem;
  }
  const sum = probabilities.reduce((total, p) => total + p, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE) return channelFailure(`${label}: probabilities sum to ${sum}, expected 1`);
  const kept = probabilities.flatMap((p, i) => (p > 0 || i === 0 ? [i] : []));
  return ok(
    mixture(
      label,
      kept.map((i) => at(paulis, i)),
      kept.map((i) => at(probabilities, i) / sum),
      targets,
    ),
  );
}

/**
 * With probability `errorProbability` one of X, Y, Z, uniformly: the convention of Stim's DEPOLARIZE1. 3/4 forgets the
 * state; more, up to 1, is still a channel. See `errorFromMixing` for (1 - lambda) rho + lambda I/2.
 */
export function depolarizing1(errorProbability: number, qubit: number): Channel {
  return depolarizing(errorProbability, [qubit]);
}

/** With probability `errorProbability` one of the 15 Pauli pairs other than II, uniformly: Stim's DEPOLARIZE2. */
export function depolarizing2(errorProbability: number, targets: readonly [number, number]): Channel {
  return depolarizing(errorProbability, targets);
}

function depolarizing(p: number, targets: readonly number[]): Channel {
  const problem = rangeProblem('depolarising', 'errorProbability', p, 1);
  if (problem !== null) return problem;
  const size = 4 ** targets.length;
  return pauliMixture('depolarising', [1 - p, ...Array<number>(size - 1).fill(p / (size - 1))], targets);
}

/** The errorProbability of the channel (1 - lambda) rho + lambda I/2^n: lambda (4^n - 1)/4^n, so 3/4 lambda and 15/16 lambda. */
export function errorFromMixing(lambda: number, qubits: 1 | 2): Result<number, ChannelFailure> {
  const most = 4 ** qubits / (4 ** qubits - 1);
  return rangeProblem('depolarising', 'lambda', lambda, most) ?? ok(Math.min(1, lambda / most));
}

/** The inverse of `errorFromMixing`. */
export function mixingFromError(errorProbability: number, qubits: 1 | 2): Result<number, ChannelFailure> {
  const most = 4 ** qubits / (4 ** qubits - 1);
  return rangeProblem('depolarising', 'errorProbability', errorProbability, 1) ?? ok(errorProbability * most);
}

/** What goes wrong after a reset: the qubit is |1> instead of |0> with this probability (Stim: R, then X_ERROR). */
export function resetError(probability: number, qubit: number): Channel {
  return flip('reset error', probability, at(PAULIS, 1), qubit);
}

export type Axis = 'x' | 'y' | 'z';

/** A rotation that is `angle` radians too long: the unitary exp(-i angle/2 P). */
export function overRotation(axis: Axis, angle: number, qubit: number): Result<UnitaryStep, ChannelFailure> {
  if (!Number.isFinite(angle))
    return channelFailure(`over-rotation: angle is ${angle}, expected a finite number of radians`);
  return ok(gate(`r${axis}`, [qubit], [angle]));
}

/** Always-on coupling of neighbours: the unitary exp(-i angle/2 ZZ). */
export function zzCrosstalk(angle: number, targets: readonly [number, number]): Result<UnitaryStep, ChannelFailure> {
  if (!Number.isFinite(angle))
    return channelFailure(`ZZ crosstalk: angle is ${angle}, expected a finite number of radians`);
  return ok(gate('rzz', targets, [angle]));
}

/** Rows by the true value, columns by the recorded one: [[P(0|0), P(1|0)], [P(0|1), P(1|1)]]. */
export type ConfusionMatrix = readonly [readonly [number, number], readonly [number, number]];

/** The measurement with this confusion after the one that it already has. Each row sums to 1 within 1e-9. */
export function readoutConfusion(
  measure: MeasureOperation,
  rows: ConfusionMatrix,
): Result<MeasureOperation, ChannelFailure> {
  for (const [truth, row] of rows.entries()) {
    const label = `readout confusion, row of ${truth}`;
    const problem = rangeProblem(label, 'an entry', row[0], 1) ?? rangeProblem(label, 'an entry', row[1], 1);
    if (problem !== null) return problem;
    const sum = row[0] + row[1];
    if (Math.abs(sum - 1) > SUM_TOLERANCE) return channelFailure(`${label}: sums to ${sum}, expected 1`);
  }
  const [zero, one] = measure.flip ?? [0, 0];
  const [oneGivenZero, zeroGivenOne] = [rows[0][1], rows[1][0]];
  const flips = [
    zero * (1 - zeroGivenOne) + (1 - zero) * oneGivenZero,
    one * (1 - oneGivenZero) + (1 - one) * zeroGivenOne,
  ] as const;
  return ok({ ...measure, flip: flips });
}

/** A channel by its Kraus operators; refuses wrong sizes and sets whose sum K^dagger K is off the identity by more than 1e-9. */
export function krausChannel(label: string, kraus: readonly Matrix[], targets: readonly number[]): Channel {
  const numbers = 2 * 4 ** targets.length;
  if (targets.length < 1 || targets.length > 2)
    return channelFailure(`${label}: acts on ${targets.length} qubits, expected 1 or 2`);
  if (new Set(targets).size !== targets.length) return channelFailure(`${label}: qubit ${targets[0]} is used twice`);
  if (kraus.length < 1 || kraus.length > 16)
    return channelFailure(`${label}: got ${kraus.length} Kraus operators, expected 1 to 16`);
  const wrong = kraus.find((k) => k.length !== numbers);
  if (wrong !== undefined)
    return channelFailure(`${label}: a Kraus operator has ${wrong.length} numbers, expected ${numbers}`);
  const error = completenessError(kraus);
  if (!(error <= UNITARITY_MAX))
    return channelFailure(
      `${label}: sum K^dagger K differs from the identity by ${error.toExponential(1)}, expected at most ${UNITARITY_MAX}`,
    );
  return ok(channel(label, kraus, targets));
}

/** Unitaries with probabilities; refuses what is not unitary within 1e-9 and probabilities that do not sum to 1. */
export function unitaryMixture(
  label: string,
  unitaries: readonly Matrix[],
  probabilities: readonly number[],
  targets: readonly number[],
): Channel {
  if (unitaries.length !== probabilities.length)
    return channelFailure(`${label}: got ${probabilities.length} probabilities for ${unitaries.length} unitaries`);
  for (const p of probabilities) {
    const problem = rangeProblem(label, 'a probability', p, 1);
    if (problem !== null) return problem;
  }
  const worst = Math.max(0, ...unitaries.map(unitarityError));
  if (!(worst <= UNITARITY_MAX))
    return channelFailure(`${label}: a matrix is not unitary (off by ${worst.toExponential(1)})`);
  const checked = krausChannel(label, scaledKraus({ kraus: unitaries, probabilities }), targets);
  return checked.ok ? ok(mixture(label, unitaries, probabilities, targets)) : checked;
}

/**
 * The Pauli twirl: the Pauli mixture with the diagonal of the channel's process matrix, p_P = sum_k |Tr(P K_k)|^2 / 4^n.
 * Averaging over random Paulis before and after the channel gives exactly this (Emerson et al., Science 317, 2007).
 */
export function pauliTwirl(operation: ChannelOperation): Channel {
  const paulis = operation.targets.length === 1 ? PAULIS : PAULI_PAIRS;
  const kraus = scaledKraus(operation);
  const probabilities = paulis.map((pauli) => {
    let sum = 0;
    for (const k of kraus) {
      const [re, im] = overlap(pauli, k);
      sum += re * re + im * im;
    }
    return sum / paulis.length;
  });
  return pauliMixture(
    `twirled ${operation.label}`,
    probabilities.map((p) => Math.min(1, p)),
    operation.targets,
  );
}

/** Null where the value is in [0, most]. */
export function rangeProblem(
  label: string,
  name: string,
  value: number,
  most: number,
): ReturnType<typeof channelFailure> | null {
  return value >= 0 && value <= most ? null : channelFailure(`${label}: ${name} is ${value}, expected 0 to ${most}`);
}

export function mixture(
  label: string,
  kraus: readonly Matrix[],
  probabilities: readonly number[],
  targets: readonly number[],
): ChannelOperation {
  return { kind: 'channel', label, kraus, probabilities, targets };
}

export function channel(label: string, kraus: readonly Matrix[], targets: readonly number[]): ChannelOperation {
  return { kind: 'channel', label, kraus, probabilities: null, targets };
}
