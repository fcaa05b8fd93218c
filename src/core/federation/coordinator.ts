import { assert } from '../lib/assert.ts';
import { SUSPENDED_MS } from './coordinator-limits.ts';
import { dropSilent, onJoined, onLost, onMalformed, onMessage, publish, sendToAll } from './coordinator-members.ts';
import { advance, onAggregationFailed, onAggregationFinished, onEvaluated, setRun } from './coordinator-rounds.ts';
import type {
  CoordinatorEffect,
  CoordinatorEvent,
  CoordinatorOptions,
  CoordinatorState,
  Now,
  Step,
} from './coordinator-types.ts';
import { onUpdateDurable } from './coordinator-updates.ts';
import { runEvents } from './run-events.ts';

/** A new run: nobody has joined, the adapter is version 0. `effects` holds the first line of the feed. */
export function createCoordinator(
  options: CoordinatorOptions,
  now: Now,
): { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] } {
  assert(options.adapter.version === 0, `a new run starts from adapter version 0, got ${options.adapter.version}`);
  const state = emptyCoordinator(options, now.wall, now);
  const step: Step = { state, now, effects: [] };
  publish(step, runEvents.runStarted(options.config.name));
  return { state, effects: step.effects };
}

export function emptyCoordinator(options: CoordinatorOptions, startedAt: number, now: Now): CoordinatorState {
  return {
    options,
    startedAt,
    run: { phase: 'gathering', openAtMono: null, notBeforeMono: now.mono },
    phaseStartedAt: now.wall,
    adapter: options.adapter,
    round: 0,
    members: new Map(),
    updates: new Map(),
    invitations: new Map(),
    rounds: [],
    losses: [],
    events: [],
    eventSeq: 0,
    updatesAccepted: 0,
    aggregationFailures: 0,
    lastMono: now.mono,
  };
}

/**
 * The relay half of the protocol (docs/SPEC.md, JN, RN, UP, LV, HB, CK, DU). Takes over `state`: it is changed in place and
 * returned, the caller keeps no other reference. Effects are to be carried out strictly in order. Cost: O(members).
 */
export function stepCoordinator(
  state: CoordinatorState,
  event: CoordinatorEvent,
  now: Now,
): { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] } {
  // A monotonic clock does not go back; if the host's does, time stands still instead (CK2).
  const mono = Math.max(now.mono, state.lastMono);
  if (mono - state.lastMono > SUSPENDED_MS) forgiveSilence(state, mono - state.lastMono);
  state.lastMono = mono;
  const step: Step = { state, now: { wall: now.wall, mono }, effects: [] };
  const quiet = apply(step, event);
  if (!quiet) advance(step);
  return { state, effects: step.effects };
}

/** CK3: while the relay was suspended nobody could be heard. */
function forgiveSilence(state: CoordinatorState, gapMs: number): void {
  for (const member of state.members.values()) member.heardAt += gapMs;
}

/** True: nothing became due by this event, so `advance` can be spared. */
function apply(step: Step, event: CoordinatorEvent): boolean {
  const { state } = step;
  switch (event.type) {
    case 'participant-joined':
      onJoined(step, event);
      return false;
    case 'message': {
      const member = state.members.get(event.participantId);
      if (member === undefined || member.connection !== event.connection) return true;
      onMessage(step, member, event.message);
      return event.message.type === 'heartbeat' || event.message.type === 'phase' || event.message.type === 'report';
    }
    case 'malformed':
      onMalformed(step, event);
      return false;
    case 'connection-lost':
      onLost(step, event.connection, event.participantId);
      return false;
    case 'update-durable':
      onUpdateDurable(step, event);
      return false;
    case 'aggregation-finished':
      onAggregationFinished(step, event);
      return false;
    case 'aggregation-failed':
      onAggregationFailed(step, event.round, event.message);
      return false;
    case 'evaluated':
      onEvaluated(step, event.point);
      return true;
    case 'tick':
      dropSilent(step);
      return false;
    case 'stop':
      onStop(step, event.reason, event.retryAfterMs);
      return true;
    default:
      event satisfies never;
      return true;
  }
}

/** LV4: an open round stays open in the ledger and is resumed by the next start. */
function onStop(step: Step, reason: string, retryAfterMs: number): void {
  const { run } = step.state;
  if (run.phase === 'stopped') return;
  if (run.phase === 'merging') step.effects.push({ type: 'cancel-aggregation', round: run.open.round });
  sendToAll(step, { type: 'goodbye', reason: 'shutdown', retryAfterMs });
  for (const member of step.state.members.values()) {
    if (member.connection === null) continue;
    step.effects.push({ type: 'close', connection: member.connection, participantId: member.id });
    member.connection = null;
    member.heardAt = step.now.mono;
  }
  publish(step, runEvents.runStopped(reason));
  if (run.phase !== 'finished') setRun(step, { phase: 'stopped', reason });
}
