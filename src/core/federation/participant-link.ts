import type { ConnectionState } from '../contracts/vault-service.ts';
import type { Failure } from '../lib/result.ts';
import type { Millis } from '../lib/world.ts';
import { PROTOCOL_VERSION, type ParticipantMessage } from './messages.ts';
import {
  BEATS_MISSED_MAX,
  CONNECT_LIMIT_MS,
  GREETING_LIMIT_MS,
  RETRY_BASE_MS,
  RETRY_CAP_MS,
} from './participant-limits.ts';
import type { ParticipantStep, SessionId } from './participant-types.ts';

export function backoffMs(step: ParticipantStep, attempt: number): Millis {
  return step.ports.random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempt, 30));
}

/** Sent only in an agreed session; everything that matters is told again after a reconnect. */
export function transmit(step: ParticipantStep, message: ParticipantMessage): void {
  const { link } = step.state;
  if (link.state === 'connected') step.effects.push({ type: 'send', session: link.session, message });
}

/** The session of a connection that exists or is being made. */
export function sessionOf(step: ParticipantStep): SessionId | null {
  const { link } = step.state;
  return 'session' in link ? link.session : null;
}

function notifyConnection(step: ParticipantStep, state: ConnectionState, detail: string, retryAt: Millis | null): void {
  step.effects.push({ type: 'notify', event: { type: 'connection', state, detail, retryAt } });
}

export function connectNow(step: ParticipantStep, attempt: number): void {
  const { state, now } = step;
  const session = ++state.sessions;
  state.link = { state: 'connecting', attempt, session, limitMono: now.mono + CONNECT_LIMIT_MS };
  notifyConnection(step, 'connecting', 'Connecting to the relay.', null);
  step.effects.push({ type: 'connect', session, limitMs: CONNECT_LIMIT_MS });
}

export function onConnected(step: ParticipantStep, session: SessionId): void {
  const { state, now } = step;
  const { link } = state;
  if (link.state !== 'connecting' || link.session !== session || state.report === null) return;
  state.link = { state: 'greeting', attempt: link.attempt, session, limitMono: now.mono + GREETING_LIMIT_MS };
  notifyConnection(step, 'securing', 'The channel is sealed; waiting for the run configuration.', null);
  step.effects.push({
    type: 'send',
    session,
    message: { type: 'hello', version: PROTOCOL_VERSION, report: state.report },
  });
}

export function onDisconnected(step: ParticipantStep, session: SessionId, final: Failure | null): void {
  if (sessionOf(step) !== session) return;
  if (final === null) reconnectLater(step, null);
  else refuse(step, final.code, final.message);
}

/** Ends the session, if there is one, and forgets it. */
export function disconnect(step: ParticipantStep): void {
  const session = sessionOf(step);
  if (session !== null) step.effects.push({ type: 'disconnect', session });
  // Posts are sealed for their session, so each is sent again in the next one (PT6).
  for (const [round, posting] of step.state.posting)
    step.state.posting.set(round, { ...posting, limitMono: null, nextMono: step.now.mono });
}

/** LK2. `notBeforeMs`: the relay asked for a pause. */
export function reconnectLater(step: ParticipantStep, notBeforeMs: Millis | null): void {
  const { state, now } = step;
  const attempt = 'attempt' in state.link ? state.link.attempt : 0;
  disconnect(step);
  if (!state.wanted) {
    state.link = { state: 'idle' };
    return;
  }
  const delayMs = (notBeforeMs ?? 0) + backoffMs(step, attempt);
  state.link = { state: 'waiting', attempt: attempt + 1, retryAtMono: now.mono + delayMs };
  const detail = 'The relay cannot be reached; trying again. Training goes on.';
  notifyConnection(step, 'offline', detail, now.wall + delayMs);
}

/** LK5: no more attempts until the user joins again. */
export function refuse(step: ParticipantStep, code: string, message: string): void {
  const { state } = step;
  disconnect(step);
  state.wanted = false;
  state.link = { state: 'refused', code };
  step.effects.push({ type: 'notify', event: { type: 'failure', code, message, final: true } });
  notifyConnection(step, 'refused', message, null);
}

/** LK1, LK3, LK4: every state of the link ends by itself. */
export function tickLink(step: ParticipantStep): void {
  const { state, now } = step;
  const { link } = state;
  switch (link.state) {
    case 'idle':
    case 'refused':
      return;
    case 'waiting':
      if (now.mono >= link.retryAtMono) connectNow(step, link.attempt);
      return;
    case 'connecting':
    case 'greeting':
      if (now.mono >= link.limitMono) reconnectLater(step, null);
      return;
    case 'connected':
      if (now.mono < link.nextBeatMono) return;
      if (link.unanswered >= BEATS_MISSED_MAX) {
        reconnectLater(step, null);
        return;
      }
      state.link = {
        ...link,
        nextBeatMono: now.mono + link.heartbeatMs,
        unanswered: link.unanswered + 1,
        beat: { sentAt: Math.max(0, now.wall), mono: now.mono },
      };
      transmit(step, { type: 'heartbeat', sentAt: Math.max(0, now.wall) });
      return;
    default:
      link satisfies never;
  }
}

/** Tells the relay whether this tab takes invitations. */
export function tellAvailability(step: ParticipantStep): void {
  const { paused, unavailable } = step.state;
  const reason = paused ? 'paused' : unavailable;
  transmit(step, { type: 'availability', available: reason === null, reason });
}
