import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import { stalenessWeight } from './coordinator-limits.ts';
import { publish } from './coordinator-members.ts';
import type {
  CoordinatorEvent,
  CoordinatorState,
  OpenRound,
  Step,
  UpdateFact,
  WeightedUpdate,
} from './coordinator-types.ts';
import type { AdapterRef } from './messages.ts';
import { runEvents } from './run-events.ts';

export type AdmissionFailure = Failure<
  | 'FED_UPDATE_CONFLICT'
  | 'FED_UPDATE_STALE'
  | 'FED_ROUND_UNKNOWN'
  | 'FED_NOT_INVITED'
  | 'FED_RUN_BUSY'
  | 'FED_RUN_FINISHED'
>;

export interface UpdateClaim {
  readonly participantId: string;
  readonly round: number;
  readonly updateId: string;
  /** SHA-256 (hex) of the encoded Update. */
  readonly digest: string;
}

export interface Admission {
  /** The ledger has it already: do not write, go on with `update-durable` and duplicate = true. */
  readonly duplicate: boolean;
  readonly staleness: number;
}

/** The adapter that this round started from; null: unknown or forgotten. For `checkUpdate`. */
export function baseOf(state: CoordinatorState, round: number): AdapterRef | null {
  return state.invitations.get(round)?.base ?? null;
}

/**
 * Asked before an update is written (SPEC UP2 to UP6); changes nothing. `known` is the ledger's record of this update id,
 * which outlives this state's memory. Failures: AdmissionFailure; only FED_RUN_BUSY may be tried again.
 */
export function admitUpdate(
  state: CoordinatorState,
  claim: UpdateClaim,
  known: { readonly digest: string; readonly mergedIn: number | null } | null,
): Result<Admission, AdmissionFailure> {
  const earlier = known ?? state.updates.get(claim.updateId) ?? null;
  if (earlier !== null && earlier.digest !== claim.digest)
    return fail(
      'FED_UPDATE_CONFLICT',
      `round ${claim.round} already has another update of this participant; only the first counts`,
    );
  const remembered = state.invitations.get(claim.round);
  const staleness = remembered === undefined ? 0 : state.adapter.version - remembered.base.version;
  if (earlier !== null && earlier.mergedIn !== null) return ok({ duplicate: true, staleness });
  const closing = whyNoMerge(state, claim.updateId);
  if (closing !== null) return { ok: false, error: closing };
  if (earlier !== null) return ok({ duplicate: true, staleness });
  if (claim.round > state.round)
    return fail('FED_ROUND_UNKNOWN', `round ${claim.round} has not begun; the newest is ${state.round}`);
  const { stalenessMax } = state.options.config.rounds;
  if (remembered === undefined || staleness > stalenessMax)
    return fail(
      'FED_UPDATE_STALE',
      `round ${claim.round} is ${staleness} merges old, at most ${stalenessMax} are accepted; wait for the next invitation`,
    );
  if (!remembered.invited.has(claim.participantId))
    return fail('FED_NOT_INVITED', `this participant was not invited to round ${claim.round}`);
  return ok({ duplicate: false, staleness });
}

/** An update that can no longer get into any adapter must not be acknowledged (UP6). */
function whyNoMerge(state: CoordinatorState, updateId: string): AdmissionFailure | null {
  const { run, adapter } = state;
  const last = state.options.config.rounds.roundsMax;
  if (run.phase === 'finished')
    return fail('FED_RUN_FINISHED', `the run is finished after ${last} merged rounds; nothing more is merged`).error;
  if (run.phase !== 'merging' || adapter.version + 1 < last) return null;
  if (run.updates.some((update) => update.updateId === updateId)) return null;
  return fail('FED_RUN_BUSY', 'the last round is being merged; send again in a second', true).error;
}

type Durable = Extract<CoordinatorEvent, { type: 'update-durable' }>;

/**
 * The update is on disk: count it once and answer (UP1, UP3). It was admissible when the ledger took it, so a commit in
 * between makes it late, not wrong (UP5).
 */
export function onUpdateDurable(step: Step, event: Durable): void {
  const { state } = step;
  const known = state.updates.get(event.updateId);
  const merged = event.mergedIn === null ? null : { digest: event.digest, mergedIn: event.mergedIn };
  const admission = admitUpdate(state, event, known ?? merged);
  const isNew = known === undefined && merged === null;
  const code = admission.ok ? null : admission.error.code;
  const counts = admission.ok || (code === 'FED_UPDATE_STALE' && state.invitations.has(event.round));
  if (isNew && (counts || code === 'FED_RUN_BUSY')) remember(step, event);
  if (!admission.ok && !counts) {
    const { code, message, retry } = admission.error;
    answer(step, event, { type: 'refused', code, message, retry, round: event.round });
    return;
  }
  const base = baseOf(state, event.round) ?? state.adapter;
  const staleness = state.adapter.version - base.version;
  const duplicate = event.duplicate || !isNew;
  answer(step, event, { type: 'accepted', round: event.round, updateId: event.updateId, staleness, duplicate });
}

function answer(
  step: Step,
  event: Durable,
  message: Extract<Step['effects'][number], { type: 'answer' }>['message'],
): void {
  step.effects.push({ type: 'answer', participantId: event.participantId, updateId: event.updateId, message });
}

function remember(step: Step, event: Durable): void {
  const { state } = step;
  const { updateId, participantId, round, digest } = event;
  state.updates.set(updateId, { updateId, participantId, round, digest, mergedIn: null });
  state.updatesAccepted += 1;
  const member = state.members.get(participantId);
  if (member !== undefined) {
    member.work = 'none';
    member.progress = 1;
  }
  const { run } = state;
  const inTime = run.phase === 'training' && run.open.round === round;
  if (inTime && run.open.invited.has(participantId)) run.open.invited.set(participantId, 'delivered');
  const publicId = member?.publicId;
  if (publicId === undefined) return;
  publish(step, inTime ? runEvents.updateAccepted(publicId, round) : runEvents.updateLate(publicId, round));
}

/** Everything that waits, in order of update id, weighted for a merge into the adapter of this round (UP5). */
export function mergeList(state: CoordinatorState, open: OpenRound): readonly WeightedUpdate[] {
  const waiting: UpdateFact[] = [];
  for (const update of state.updates.values()) if (update.mergedIn === null) waiting.push(update);
  waiting.sort((a, b) => (a.updateId < b.updateId ? -1 : 1));
  return waiting.map(({ updateId, participantId, round }) => {
    const base = baseOf(state, round) ?? open.base;
    const staleness = open.base.version - base.version;
    return { updateId, participantId, round, staleness, weight: stalenessWeight(staleness) };
  });
}
