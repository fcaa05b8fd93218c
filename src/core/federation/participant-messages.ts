import type { AdapterRef, RelayMessage } from './messages.ts';
import { reconnectLater, refuse, sessionOf, tellAvailability } from './participant-link.ts';
import { REPLACED_RETRY_MS, REPLACED_WINDOW_MS } from './participant-limits.ts';
import { onPostAnswer } from './participant-posts.ts';
import type { ParticipantStep, SessionId } from './participant-types.ts';
import { closeWork, giveUp, onInvitation } from './participant-work.ts';
import type { RunConfig } from './run-config.ts';
import { publicIdOf } from './update-check.ts';

/** Messages of an older session are ignored; any message shows that the link is alive (LK4). */
export function onMessage(step: ParticipantStep, session: SessionId, message: RelayMessage): void {
  const { state } = step;
  if (sessionOf(step) !== session) return;
  if (state.link.state === 'connected') state.link = { ...state.link, unanswered: 0 };
  // Before the welcome nothing else is agreed.
  if (state.link.state !== 'connected' && !['welcome', 'refused', 'goodbye'].includes(message.type)) return;
  switch (message.type) {
    case 'welcome':
      onWelcome(step, session, message);
      return;
    case 'invite':
      onInvite(step, message);
      return;
    case 'closed':
      onClosed(step, message);
      return;
    case 'accepted':
      onPostAnswer(step, message.round, message);
      return;
    case 'refused':
      onRefused(step, message);
      return;
    case 'heartbeat':
      onHeartbeat(step, message.sentAt);
      return;
    case 'finished':
      onFinished(step, message.rounds, message.adapter);
      return;
    case 'goodbye':
      onGoodbye(step, message);
      return;
    default:
      message satisfies never;
  }
}

type Of<K extends RelayMessage['type']> = Extract<RelayMessage, { type: K }>;

function onWelcome(step: ParticipantStep, session: SessionId, message: Of<'welcome'>): void {
  const { state, now, ports } = step;
  if (state.link.state !== 'greeting' && state.link.state !== 'connected') return;
  if (message.participantId !== state.participantId) {
    refuse(
      step,
      'FED_IDENTITY',
      'the relay knows this tab under another identity; forget this participant and join again',
    );
    return;
  }
  const opened = ports.openConfig(message.signedConfig);
  if (!opened.ok) {
    refuse(step, opened.error.code, opened.error.message);
    return;
  }
  const config = opened.value;
  if (state.config?.runId === config.runId && !sameBytes(state.signedConfig, message.signedConfig)) {
    refuse(step, 'FED_CONFIG_CHANGED', 'the relay has changed the rules of this run, which nobody agreed to');
    return;
  }
  if (state.config?.runId !== config.runId) beginRun(step, config, message.signedConfig);
  const { heartbeatMs } = message;
  const { mono } = now;
  state.link = {
    state: 'connected',
    session,
    heartbeatMs,
    nextBeatMono: mono + heartbeatMs,
    unanswered: 0,
    beat: null,
  };
  const { participantId } = message;
  const publicId = publicIdOf(participantId);
  step.effects.push(
    { type: 'notify', event: { type: 'connection', state: 'connected', detail: 'Connected.', retryAt: null } },
    { type: 'notify', event: { type: 'joined', participantId, publicId, config, heartbeatMs } },
  );
  if (!state.loaded) step.effects.push({ type: 'load', config });
  if (state.paused || state.unavailable !== null) tellAvailability(step);
  takeAdapter(step, message.adapter);
  // Without a `closed` it is unknown which round ended, but a newer adapter ends the work on older ones.
  const { work } = state;
  if (work !== null && work.invitation.adapter.version < message.adapter.version)
    closeWork(step, work.invitation.round);
}

function sameBytes(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Another run: nothing of the old one applies. Its journal stays in the store. */
function beginRun(step: ParticipantStep, config: RunConfig, signedConfig: Uint8Array): void {
  const { state } = step;
  giveUp(step, null, 'the relay has begun another run');
  state.work = null;
  state.config = config;
  state.signedConfig = signedConfig;
  state.loaded = false;
  state.epsilonAfter = null;
  state.adapter = null;
  state.held = null;
  state.fetching = null;
  state.unfetchable = null;
  state.closedRound = 0;
  state.spent.clear();
  state.nextSeq = 0;
  state.posting.clear();
  state.accepted.clear();
  state.finished = false;
  if (state.unavailable === 'budget') state.unavailable = null;
}

/** Adapters only get newer; an older one is a message that was delayed. */
function takeAdapter(step: ParticipantStep, adapter: AdapterRef): void {
  const { state } = step;
  const before = state.adapter;
  if (before !== null && adapter.version <= before.version) return;
  state.adapter = adapter;
  if (before === null) return;
  const included = state.accepted.size > 0;
  state.accepted.clear();
  step.effects.push({ type: 'notify', event: { type: 'merged', round: state.closedRound, adapter, included } });
}

function onInvite(step: ParticipantStep, message: Of<'invite'>): void {
  const { round, adapter, deadlineAt, circuitSeed } = message;
  const { now } = step;
  takeAdapter(step, adapter);
  // Only the difference of two times of the relay's clock is used: this tab's clock may be years off (CK1).
  const leftMs = deadlineAt - message.now;
  const deadlineMono = now.mono + leftMs;
  onInvitation(step, { round, adapter, deadlineMono, deadlineAt: now.wall + leftMs, circuitSeed });
}

function onClosed(step: ParticipantStep, message: Of<'closed'>): void {
  const { state } = step;
  state.closedRound = Math.max(state.closedRound, message.round);
  takeAdapter(step, message.adapter);
  closeWork(step, message.round);
}

function onRefused(step: ParticipantStep, message: Of<'refused'>): void {
  if (message.round !== null) {
    onPostAnswer(step, message.round, message);
    return;
  }
  if (message.retry) {
    reconnectLater(step, null);
    return;
  }
  // A broken message is a fault of one message, not of this participant.
  if (message.code.startsWith('FED_WIRE_')) {
    const { code, message: text } = message;
    step.effects.push({ type: 'notify', event: { type: 'failure', code, message: text, final: false } });
    return;
  }
  giveUp(step, null, message.message);
  refuse(step, message.code, message.message);
}

function onHeartbeat(step: ParticipantStep, sentAt: number): void {
  const { state, now } = step;
  const { link } = state;
  if (link.state === 'connected' && link.beat?.sentAt === sentAt) state.roundTripMs = now.mono - link.beat.mono;
}

function onFinished(step: ParticipantStep, rounds: number, adapter: AdapterRef): void {
  const { state } = step;
  takeAdapter(step, adapter);
  if (state.finished) return;
  state.finished = true;
  giveUp(step, null, 'the run is finished');
  step.effects.push({ type: 'notify', event: { type: 'finished', rounds } });
}

function onGoodbye(step: ParticipantStep, message: Of<'goodbye'>): void {
  switch (message.reason) {
    case 'replaced':
      onReplaced(step);
      return;
    case 'shutdown':
      reconnectLater(step, message.retryAfterMs);
      return;
    case 'idle':
      reconnectLater(step, null);
      return;
    default:
      message.reason satisfies never;
  }
}

/** LK7. */
function onReplaced(step: ParticipantStep): void {
  const { state, now } = step;
  const again = state.replacedMono !== null && now.mono - state.replacedMono < REPLACED_WINDOW_MS;
  state.replacedMono = now.mono;
  if (!again) {
    reconnectLater(step, REPLACED_RETRY_MS);
    return;
  }
  giveUp(step, null, 'this participant is open in another tab');
  refuse(step, 'FED_REPLACED', 'this participant is now open in another tab; join here to take it back');
}
