import { assert } from '../lib/assert.ts';
import type { Failure } from '../lib/result.ts';
import type { AdapterRef, DeclineReason } from './messages.ts';
import { backoffMs, tellAvailability, transmit } from './participant-link.ts';
import { FETCH_LIMIT_MS, JOURNAL_LIMIT_MS, LATE_SHARE, PHASE_PAUSE_MS } from './participant-limits.ts';
import type { Invitation, ParticipantEvent, ParticipantStep, Work } from './participant-types.ts';
import { updateIdOf } from './update-check.ts';

/** Begins the waiting invitation once the journal is read and the hands are free (PT2, PV2). */
export function startNext(step: ParticipantStep): void {
  const { state, now } = step;
  const { next, config } = state;
  if (next === null || state.work !== null || !state.loaded || config === null) return;
  state.next = null;
  const over = next.round <= state.closedRound || now.mono >= next.deadlineMono || state.finished;
  if (over || state.spent.has(next.round)) return;
  const { epsilonAfter } = state;
  // Not "epsilonAfter > budget": NaN must decline, too.
  if (epsilonAfter !== null && !(epsilonAfter <= config.privacy.epsilonBudget)) {
    state.unavailable = 'budget';
    transmit(step, { type: 'decline', round: next.round, reason: 'budget' });
    tellAvailability(step);
    step.effects.push({ type: 'budget-spent', epsilonAfter });
    return;
  }
  // Twice the time that was left: late work is allowed, endless work is not.
  const limitMono = next.deadlineMono + (next.deadlineMono - now.mono);
  state.work = { invitation: next, stage: 'fetching', progress: 0, limitMono };
  if (state.held?.sha256 === next.adapter.sha256) startTraining(step, state.work);
}

function startTraining(step: ParticipantStep, work: Work): void {
  const { round, adapter, deadlineAt, circuitSeed } = work.invitation;
  step.state.work = { ...work, stage: 'training' };
  step.state.phaseSentMono = step.now.mono;
  transmit(step, { type: 'phase', round, phase: 'training', progress: 0 });
  step.effects.push({ type: 'train', round, adapter, deadlineAt, circuitSeed });
}

/** Ends what can be ended: a spend that is being journaled is not (its update will be sent). Null reason: tell nobody. */
export function giveUp(step: ParticipantStep, reason: DeclineReason | null, why: string): void {
  const { state } = step;
  const { work, next } = state;
  state.next = null;
  if (next !== null && reason !== null) transmit(step, { type: 'decline', round: next.round, reason });
  if (work === null || (work.stage === 'journaling' && reason !== 'failed')) return;
  dropWork(step, work, why);
  if (reason !== null) transmit(step, { type: 'decline', round: work.invitation.round, reason });
}

function dropWork(step: ParticipantStep, work: Work, why: string): void {
  const { round } = work.invitation;
  step.state.work = null;
  if (work.stage === 'training') step.effects.push({ type: 'stop-training', round, reason: why });
  step.effects.push({ type: 'notify', event: { type: 'stop', round, reason: why } });
}

/** PT4: rounds up to `round` are over. Work that is far enough goes on and becomes a late update. */
export function closeWork(step: ParticipantStep, round: number): void {
  const { state } = step;
  state.closedRound = Math.max(state.closedRound, round);
  if (state.next !== null && state.next.round <= round) state.next = null;
  const { work } = state;
  if (work === null || work.invitation.round > round || work.stage === 'journaling') return;
  const age = (state.adapter?.version ?? 0) - work.invitation.adapter.version;
  const useful = age <= (state.config?.rounds.stalenessMax ?? 0) && !state.finished;
  if (work.stage === 'training' && work.progress >= LATE_SHARE && useful) return;
  dropWork(step, work, `round ${work.invitation.round} is closed`);
}

export function tickWork(step: ParticipantStep): void {
  const { work } = step.state;
  if (work === null) return;
  const { mono } = step.now;
  if (mono >= work.limitMono) {
    giveUp(step, 'failed', 'it took longer than twice the time of the round');
    return;
  }
  const started = work.stage === 'training' && work.progress >= LATE_SHARE;
  if (work.stage === 'journaling' || started || mono < work.invitation.deadlineMono) return;
  dropWork(step, work, `the deadline of round ${work.invitation.round} has passed`);
}

/** Accepts an invitation into the queue of one. PT1, PT3. */
export function onInvitation(step: ParticipantStep, invitation: Invitation): void {
  const { state, now } = step;
  const { round } = invitation;
  if (round <= state.closedRound || state.finished || now.mono >= invitation.deadlineMono) return;
  if (state.spent.has(round) || round < Math.max(state.next?.round ?? 0, state.work?.invitation.round ?? 0)) return;
  const reason = state.paused ? 'paused' : state.unavailable;
  if (reason !== null) {
    transmit(step, { type: 'decline', round, reason });
    // The relay would not have asked had it known.
    tellAvailability(step);
    return;
  }
  if (state.work?.invitation.round === round) return;
  // A newer round means that the older one is over, even if its `closed` was lost.
  closeWork(step, round - 1);
  state.next = invitation;
}

/** Asks for the adapter that is needed first: the work's, then the newest. One at a time. */
export function fetchDue(step: ParticipantStep): void {
  const { state, now } = step;
  const wanted = state.work?.stage === 'fetching' ? state.work.invitation.adapter : state.adapter;
  if (!state.wanted || wanted === null || wanted.sha256 === state.unfetchable) return;
  if (wanted.sha256 === state.held?.sha256) return;
  let { fetching } = state;
  if (fetching === null || fetching.adapter.sha256 !== wanted.sha256)
    fetching = { adapter: wanted, attempt: 0, limitMono: null, nextMono: now.mono };
  if (fetching.limitMono !== null && now.mono >= fetching.limitMono)
    fetching = { ...fetching, limitMono: null, nextMono: now.mono + backoffMs(step, fetching.attempt) };
  if (fetching.limitMono === null && now.mono >= fetching.nextMono) {
    fetching = { ...fetching, attempt: fetching.attempt + 1, limitMono: now.mono + FETCH_LIMIT_MS };
    step.effects.push({ type: 'fetch', adapter: wanted });
  }
  state.fetching = fetching;
}

export function onFetched(step: ParticipantStep, adapter: AdapterRef): void {
  const { state } = step;
  if (state.fetching?.adapter.sha256 === adapter.sha256) state.fetching = null;
  const { work } = state;
  const needed = work?.stage === 'fetching' && work.invitation.adapter.sha256 === adapter.sha256;
  const newest = state.adapter?.sha256 === adapter.sha256;
  if (needed || newest) state.held = adapter;
  if (newest && state.config !== null) step.effects.push({ type: 'snapshot', runId: state.config.runId, adapter });
  if (needed) startTraining(step, work);
}

export function onFetchFailed(step: ParticipantStep, adapter: AdapterRef, failure: Failure): void {
  const { state, now } = step;
  const { fetching, work } = state;
  if (fetching?.adapter.sha256 !== adapter.sha256) return;
  if (failure.retry) {
    state.fetching = { ...fetching, limitMono: null, nextMono: now.mono + backoffMs(step, fetching.attempt) };
    return;
  }
  state.fetching = null;
  state.unfetchable = adapter.sha256;
  step.effects.push({
    type: 'notify',
    event: { type: 'failure', code: failure.code, message: failure.message, final: false },
  });
  if (work?.stage === 'fetching' && work.invitation.adapter.sha256 === adapter.sha256)
    giveUp(step, 'failed', failure.message);
}

export function onProgress(step: ParticipantStep, event: Extract<ParticipantEvent, { type: 'progress' }>): void {
  const { state, now } = step;
  const { work } = state;
  if (work === null || work.invitation.round !== event.round || work.stage !== 'training') return;
  const progress = Math.min(1, Math.max(0, event.progress)) || 0;
  state.work = { ...work, progress };
  if (now.mono - state.phaseSentMono < PHASE_PAUSE_MS) return;
  state.phaseSentMono = now.mono;
  transmit(step, { type: 'phase', round: event.round, phase: event.phase, progress });
}

/** PV1: the spend is journaled with the update before anything leaves. A result nobody waits for is dropped, unspent. */
export function onTrained(step: ParticipantStep, event: Extract<ParticipantEvent, { type: 'trained' }>): void {
  const { state, now } = step;
  const { work, config, participantId } = state;
  if (work === null || work.invitation.round !== event.round || work.stage !== 'training') return;
  assert(config !== null && participantId !== null && !state.spent.has(event.round), 'trained without a place');
  state.work = { ...work, stage: 'journaling', progress: 1, limitMono: now.mono + JOURNAL_LIMIT_MS };
  const { round, steps, samplingRate, noiseMultiplier } = event;
  const { runId } = config;
  transmit(step, { type: 'phase', round, phase: 'sealing', progress: 1 });
  step.effects.push({
    type: 'journal',
    record: { runId, seq: state.nextSeq, round, steps, samplingRate, noiseMultiplier, at: now.wall },
    updateId: updateIdOf(participantId, runId, round),
    adapter: work.invitation.adapter,
  });
}

/** Also when the work was given up meanwhile: what is journaled is spent, so it is sent. */
export function onJournaled(step: ParticipantStep, event: Extract<ParticipantEvent, { type: 'journaled' }>): void {
  const { state, now } = step;
  const { round, seq, runId } = event.record;
  if (state.config?.runId !== runId) return;
  if (state.work?.invitation.round === round) state.work = null;
  state.spent.add(round);
  state.nextSeq = Math.max(state.nextSeq, seq + 1);
  state.epsilonAfter = event.epsilonAfter;
  if (state.posting.has(round)) return;
  state.posting.set(round, { pending: event.pending, attempt: 0, limitMono: null, nextMono: now.mono });
}
