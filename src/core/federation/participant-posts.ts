import type { Failure } from '../lib/result.ts';
import type { RelayMessage } from './messages.ts';
import { backoffMs } from './participant-link.ts';
import { POST_LIMIT_MS } from './participant-limits.ts';
import type { ParticipantEvent, ParticipantStep } from './participant-types.ts';

type Loaded = Extract<ParticipantEvent, { type: 'loaded' }>;

/** The journal is read: what was spent counts, what was not acknowledged is sent again unchanged (PV3, PT6). */
export function takeUpPending(step: ParticipantStep, event: Loaded): void {
  const { state, now } = step;
  if (state.config?.runId !== event.runId || state.loaded) return;
  state.loaded = true;
  state.epsilonAfter = event.epsilonAfter;
  for (const record of event.journal) {
    state.spent.add(record.round);
    state.nextSeq = Math.max(state.nextSeq, record.seq + 1);
  }
  for (const pending of event.pending) {
    state.spent.add(pending.round);
    state.posting.set(pending.round, { pending, attempt: 0, limitMono: null, nextMono: now.mono });
  }
}

/** Starts every post that is due; a post without an answer is tried again. */
export function postDue(step: ParticipantStep): void {
  const { state, now } = step;
  const { link } = state;
  if (link.state !== 'connected' || !state.loaded) return;
  for (const [round, posting] of state.posting) {
    if (posting.limitMono !== null && now.mono >= posting.limitMono) {
      retryLater(step, round);
      continue;
    }
    if (posting.limitMono !== null || now.mono < posting.nextMono) continue;
    const attempt = posting.attempt + 1;
    state.posting.set(round, { ...posting, attempt, limitMono: now.mono + POST_LIMIT_MS });
    if (attempt === 1)
      step.effects.push({
        type: 'send',
        session: link.session,
        message: { type: 'phase', round, phase: 'sending', progress: 1 },
      });
    step.effects.push({
      type: 'post',
      session: link.session,
      pending: posting.pending,
      attempt,
      limitMs: POST_LIMIT_MS,
    });
  }
}

function retryLater(step: ParticipantStep, round: number): void {
  const { state, now } = step;
  const posting = state.posting.get(round);
  if (posting === undefined) return;
  const nextMono = now.mono + backoffMs(step, posting.attempt);
  state.posting.set(round, { ...posting, limitMono: null, nextMono });
}

/** `accepted` or `refused`, by the POST or by the channel. Anything else is ignored. */
export function onPostAnswer(step: ParticipantStep, round: number, message: RelayMessage): void {
  const { state } = step;
  const posting = state.posting.get(round);
  if (posting === undefined || message.type === 'welcome' || message.type === 'heartbeat') return;
  const { runId, updateId } = posting.pending;
  if (message.type === 'accepted' && message.round === round && message.updateId === updateId) {
    state.posting.delete(round);
    state.accepted.add(round);
    step.effects.push({ type: 'settle', runId, round, outcome: 'accepted' });
    const { staleness } = message;
    step.effects.push({ type: 'notify', event: { type: 'accepted', round, updateId, staleness } });
    return;
  }
  if (message.type !== 'refused') return;
  if (message.retry) retryLater(step, round);
  else refuseFinally(step, round, message.code, message.message);
}

/** PT7: the spend stays, the update is dropped. */
function refuseFinally(step: ParticipantStep, round: number, code: string, message: string): void {
  const posting = step.state.posting.get(round);
  if (posting === undefined) return;
  step.state.posting.delete(round);
  step.effects.push({ type: 'settle', runId: posting.pending.runId, round, outcome: 'refused' });
  step.effects.push({ type: 'notify', event: { type: 'failure', code, message, final: false } });
}

export function onPostFailed(step: ParticipantStep, round: number, failure: Failure): void {
  if (failure.retry) retryLater(step, round);
  else refuseFinally(step, round, failure.code, failure.message);
}
