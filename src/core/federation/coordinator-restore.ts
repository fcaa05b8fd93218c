import { assert } from '../lib/assert.ts';
import { emptyCoordinator } from './coordinator.ts';
import { RESUME_GRACE_MS, RETURN_GRACE_MS, ROUNDS_REMEMBERED, ROUNDS_SHOWN } from './coordinator-limits.ts';
import { newMember, publish } from './coordinator-members.ts';
import { circuitSeedOf } from './coordinator-rounds.ts';
import type {
  CoordinatorEffect,
  CoordinatorOptions,
  CoordinatorState,
  InviteState,
  LedgerFacts,
  Now,
  OpenRound,
  RoundFact,
  Step,
} from './coordinator-types.ts';
import type { AdapterRef } from './messages.ts';
import { runEvents } from './run-events.ts';

/**
 * The state after a crash or a restart, from durable facts alone (DU2 to DU5). Everybody is away until they come back; an open
 * round goes on with the same invitations, every accepted update is either merged already or still counts.
 * Throws AssertionError on facts that contradict each other: such a ledger must not be continued.
 */
export function restoreCoordinator(
  options: CoordinatorOptions,
  facts: LedgerFacts,
  now: Now,
): { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] } {
  const state = emptyCoordinator(options, facts.startedAt, now);
  state.events = [...facts.events];
  state.eventSeq = facts.events.at(-1)?.seq ?? 0;
  if (facts.baseline !== null) state.losses.push(facts.baseline);
  // Nobody counts as gone before the tabs had the time to come back (DU4).
  const heardAt = now.mono + RESUME_GRACE_MS - RETURN_GRACE_MS;
  for (const { participantId, joinedAt } of facts.participants)
    state.members.set(participantId, { ...newMember(participantId, joinedAt), heardAt });
  const last = restoreRounds(state, facts);
  restoreUpdates(state, facts);
  for (const round of state.invitations.keys())
    if (round + ROUNDS_REMEMBERED <= state.round && !isAwaited(state, round)) state.invitations.delete(round);
  if (state.adapter.version >= options.config.rounds.roundsMax) state.run = { phase: 'finished' };
  else if (last?.outcome === 'open') state.run = { phase: 'training', open: resumeRound(state, last, now) };
  const step: Step = { state, now, effects: [] };
  let waiting = 0;
  for (const update of state.updates.values()) if (update.mergedIn === null) waiting += 1;
  publish(step, runEvents.runResumed(state.round, waiting));
  return { state, effects: step.effects };
}

function isAwaited(state: CoordinatorState, round: number): boolean {
  for (const update of state.updates.values()) if (update.round === round && update.mergedIn === null) return true;
  return false;
}

/** Replays the chain of commits; returns the last round. */
function restoreRounds(state: CoordinatorState, facts: LedgerFacts): RoundFact | null {
  const ids = new Map([...state.members.keys()].map((id) => [id, 0]));
  for (const fact of facts.rounds) {
    assert(fact.round > state.round, `round ${fact.round} follows round ${state.round} in the ledger`);
    assert(fact.outcome !== 'open' || fact === facts.rounds.at(-1), `round ${fact.round} is open but not the last one`);
    state.round = fact.round;
    state.invitations.set(fact.round, { base: state.adapter, invited: new Set(fact.invited) });
    for (const id of fact.invited) ids.set(id, fact.round);
    if (fact.outcome === 'committed') state.adapter = adapterAfter(state.adapter, fact);
    if (fact.loss !== null && fact.accuracy !== null)
      state.losses.push({ round: fact.round, loss: fact.loss, accuracy: fact.accuracy });
    const { round, outcome, openedAt, closedAt, accepted, late, loss, adapterSha256 } = fact;
    const invited = fact.invited.length;
    state.rounds.push({ round, outcome, openedAt, closedAt, invited, accepted, late, loss, adapterSha256 });
    if (state.rounds.length > ROUNDS_SHOWN) state.rounds.shift();
  }
  for (const [id, round] of ids) {
    const member = state.members.get(id);
    if (member !== undefined) member.lastInvited = round;
  }
  return facts.rounds.at(-1) ?? null;
}

function adapterAfter(before: AdapterRef, fact: RoundFact): AdapterRef {
  assert(fact.adapterSha256 !== null, `round ${fact.round} is committed without an adapter`);
  return { version: before.version + 1, sha256: fact.adapterSha256 };
}

function restoreUpdates(state: CoordinatorState, facts: LedgerFacts): void {
  for (const fact of facts.updates) {
    const { updateId, participantId, round, digest, mergedIn } = fact;
    assert(!state.updates.has(updateId), `update ${updateId} is in the ledger twice`);
    state.updatesAccepted += 1;
    const member = state.members.get(participantId);
    if (member !== undefined && mergedIn !== null) member.roundsMerged += 1;
    assert(state.invitations.has(round), `update ${updateId} answers round ${round}, which is not in the ledger`);
    state.updates.set(updateId, { updateId, participantId, round, digest, mergedIn });
  }
  // The ledger answers for merged ones.
  for (const update of state.updates.values()) if (update.mergedIn !== null) state.updates.delete(update.updateId);
}

/** DU4: at least the time that tabs need to come back, at most a whole deadline, whatever the wall clock did. */
function resumeRound(state: CoordinatorState, fact: RoundFact, now: Now): OpenRound {
  const { deadlineMs } = state.options.config.rounds;
  const left = Math.min(deadlineMs, Math.max(fact.deadlineAt - now.wall, RESUME_GRACE_MS));
  const invited = new Map<string, InviteState>(fact.invited.map((id) => [id, 'expected']));
  for (const update of state.updates.values())
    if (update.round === fact.round && invited.has(update.participantId))
      invited.set(update.participantId, 'delivered');
  return {
    round: fact.round,
    base: state.adapter,
    openedAt: fact.openedAt,
    deadlineAt: fact.deadlineAt,
    deadlineMono: now.mono + left,
    circuitSeed: circuitSeedOf(state.options.config.runId, fact.round),
    invited,
  };
}
