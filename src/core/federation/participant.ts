import { assert } from '../lib/assert.ts';
import { cleanReport } from './codec.ts';
import {
  connectNow,
  disconnect,
  onConnected,
  onDisconnected,
  tickLink,
  tellAvailability,
  transmit,
} from './participant-link.ts';
import { onMessage } from './participant-messages.ts';
import { onPostAnswer, onPostFailed, postDue, takeUpPending } from './participant-posts.ts';
import type {
  Now,
  ParticipantEffect,
  ParticipantEvent,
  ParticipantPorts,
  ParticipantState,
  ParticipantStep,
} from './participant-types.ts';
import {
  fetchDue,
  giveUp,
  onFetched,
  onFetchFailed,
  onJournaled,
  onProgress,
  onTrained,
  startNext,
  tickWork,
} from './participant-work.ts';

/** Nothing is open and nobody has joined. */
export function createParticipant(now: Now): ParticipantState {
  return {
    participantId: null,
    wanted: false,
    paused: false,
    unavailable: null,
    report: null,
    link: { state: 'idle' },
    sessions: 0,
    roundTripMs: null,
    replacedMono: null,
    config: null,
    signedConfig: null,
    loaded: false,
    epsilonAfter: null,
    adapter: null,
    held: null,
    fetching: null,
    unfetchable: null,
    closedRound: 0,
    work: null,
    next: null,
    spent: new Set(),
    nextSeq: 0,
    posting: new Map(),
    accepted: new Set(),
    finished: false,
    phaseSentMono: Number.NEGATIVE_INFINITY,
    lastMono: now.mono,
  };
}

/**
 * The participant half of the protocol (docs/SPEC.md, PT, PV, LK). Takes over `state`: it is changed in place and returned, the
 * caller keeps no other reference. Effects are to be carried out strictly in order; their answers come back as events.
 */
export function stepParticipant(
  state: ParticipantState,
  event: ParticipantEvent,
  now: Now,
  ports: ParticipantPorts,
): { readonly state: ParticipantState; readonly effects: readonly ParticipantEffect[] } {
  state.lastMono = Math.max(now.mono, state.lastMono);
  const step: ParticipantStep = { state, now: { wall: now.wall, mono: state.lastMono }, ports, effects: [] };
  apply(step, event);
  postDue(step);
  startNext(step);
  fetchDue(step);
  return { state, effects: step.effects };
}

function apply(step: ParticipantStep, event: ParticipantEvent): void {
  const { state } = step;
  switch (event.type) {
    case 'open':
      state.participantId = event.participantId;
      return;
    case 'join':
      onJoin(step, event.report);
      return;
    case 'report':
      state.report = cleanReport(event.report);
      transmit(step, { type: 'report', report: state.report });
      return;
    case 'pause':
      state.paused = true;
      giveUp(step, 'paused', 'paused');
      tellAvailability(step);
      return;
    case 'resume':
      state.paused = false;
      if (state.unavailable !== 'budget') state.unavailable = null;
      tellAvailability(step);
      return;
    case 'leave':
      onLeave(step);
      return;
    case 'decline':
      onDecline(step, event);
      return;
    case 'connected':
      onConnected(step, event.session);
      return;
    case 'disconnected':
      onDisconnected(step, event.session, event.final);
      return;
    case 'message':
      onMessage(step, event.session, event.message);
      return;
    case 'tick':
      tickLink(step);
      tickWork(step);
      return;
    case 'loaded':
    case 'fetched':
    case 'fetch-failed':
    case 'progress':
    case 'trained':
    case 'training-failed':
    case 'journaled':
    case 'journal-failed':
    case 'post-answered':
    case 'post-failed':
      applyAnswer(step, event);
      return;
    default:
      event satisfies never;
  }
}

type Answer = Exclude<
  ParticipantEvent,
  {
    type:
      | 'open'
      | 'join'
      | 'report'
      | 'pause'
      | 'resume'
      | 'leave'
      | 'decline'
      | 'connected'
      | 'disconnected'
      | 'message'
      | 'tick';
  }
>;

/** What the effects came to. */
function applyAnswer(step: ParticipantStep, event: Answer): void {
  switch (event.type) {
    case 'loaded':
      takeUpPending(step, event);
      return;
    case 'fetched':
      onFetched(step, event.adapter);
      return;
    case 'fetch-failed':
      onFetchFailed(step, event.adapter, event.failure);
      return;
    case 'progress':
      onProgress(step, event);
      return;
    case 'trained':
      onTrained(step, event);
      return;
    case 'training-failed':
      if (step.state.work?.invitation.round !== event.round || step.state.work.stage !== 'training') return;
      notifyFailure(step, 'TRAINING_FAILED', event.message);
      giveUp(step, 'failed', event.message);
      return;
    case 'journaled':
      onJournaled(step, event);
      return;
    case 'journal-failed':
      // Ambiguous failures exist, so the round counts as spent: it is not trained a second time (PV4).
      step.state.spent.add(event.round);
      notifyFailure(step, event.failure.code, event.failure.message);
      if (step.state.work?.invitation.round === event.round) giveUp(step, 'failed', event.failure.message);
      return;
    case 'post-answered':
      onPostAnswer(step, event.round, event.message);
      return;
    case 'post-failed':
      onPostFailed(step, event.round, event.failure);
      return;
    default:
      event satisfies never;
  }
}

function notifyFailure(step: ParticipantStep, code: string, message: string): void {
  step.effects.push({ type: 'notify', event: { type: 'failure', code, message, final: false } });
}

function onJoin(step: ParticipantStep, report: Parameters<typeof cleanReport>[0]): void {
  const { state } = step;
  assert(state.participantId !== null, 'join before open');
  state.wanted = true;
  state.report = cleanReport(report);
  if (state.link.state === 'idle' || state.link.state === 'refused') connectNow(step, 0);
  else transmit(step, { type: 'report', report: state.report });
}

function onLeave(step: ParticipantStep): void {
  const { state } = step;
  state.wanted = false;
  giveUp(step, null, 'left the run');
  transmit(step, { type: 'leave' });
  disconnect(step);
  state.link = { state: 'idle' };
  step.effects.push({
    type: 'notify',
    event: { type: 'connection', state: 'left', detail: 'You have left the run.', retryAt: null },
  });
}

function onDecline(step: ParticipantStep, event: Extract<ParticipantEvent, { type: 'decline' }>): void {
  const { state } = step;
  const mine = state.work?.invitation.round === event.round || state.next?.round === event.round;
  if (mine) giveUp(step, event.reason, event.reason);
  if (event.reason !== 'no-data' && event.reason !== 'budget') return;
  state.unavailable = event.reason;
  tellAvailability(step);
}
