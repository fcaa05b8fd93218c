import { PROTOCOL_VERSION, type DeclineReason, type ParticipantMessage, type RelayMessage } from './messages.ts';
import {
  cohortMax,
  EVENTS_SHOWN,
  HEARTBEAT_MS,
  JOIN_SHARE,
  MALFORMED_MAX,
  MEMBERS_MAX,
  SILENCE_MS,
} from './coordinator-limits.ts';
import type { CoordinatorEvent, CoordinatorState, Member, OpenRound, Step } from './coordinator-types.ts';
import { runEvents, type EventDraft } from './run-events.ts';
import { publicIdOf } from './update-check.ts';

/** Adds a line to the feed. */
export function publish(step: Step, draft: EventDraft): void {
  const { state, now } = step;
  const event = { ...draft, seq: ++state.eventSeq, at: now.wall };
  state.events.push(event);
  if (state.events.length > EVENTS_SHOWN) state.events.shift();
  step.effects.push({ type: 'publish', event });
}

export function sendTo(step: Step, member: Member, message: RelayMessage): void {
  if (member.connection === null) return;
  step.effects.push({ type: 'send', connection: member.connection, participantId: member.id, message });
}

export function sendToAll(step: Step, message: RelayMessage): void {
  for (const member of step.state.members.values()) sendTo(step, member, message);
}

export function newMember(id: string, joinedAt: number): Member {
  return {
    id,
    publicId: publicIdOf(id),
    joinedAt,
    report: null,
    connection: null,
    heardAt: 0,
    available: true,
    reason: null,
    left: false,
    malformed: 0,
    lastInvited: 0,
    roundsMerged: 0,
    work: 'none',
    progress: 0,
    merged: false,
  };
}

type Joined = Extract<CoordinatorEvent, { type: 'participant-joined' }>;

/** JN1 to JN5. */
export function onJoined(step: Step, event: Joined): void {
  const { state, now } = step;
  let member = state.members.get(event.participantId);
  if (member === undefined) {
    if (state.members.size >= MEMBERS_MAX && !forgetOne(state)) {
      refuseFull(step, event);
      return;
    }
    member = newMember(event.participantId, now.wall);
    state.members.set(member.id, member);
    publish(
      step,
      event.returning ? runEvents.returned(member.publicId) : runEvents.joined(member.publicId, event.report.engine),
    );
  } else if (member.connection === null) {
    publish(step, runEvents.returned(member.publicId));
  } else if (member.connection !== event.connection) {
    sendTo(step, member, { type: 'goodbye', reason: 'replaced', retryAfterMs: 0 });
    step.effects.push({ type: 'close', connection: member.connection, participantId: member.id });
    publish(step, runEvents.replaced(member.publicId));
  }
  member.connection = event.connection;
  member.report = event.report;
  member.heardAt = now.mono;
  member.available = true;
  member.reason = null;
  member.left = false;
  member.malformed = 0;
  greet(step, member);
}

function refuseFull(step: Step, event: Joined): void {
  const { connection, participantId } = event;
  const message = `the relay serves at most ${MEMBERS_MAX} participants; try again later`;
  step.effects.push(
    {
      type: 'send',
      connection,
      participantId,
      message: { type: 'refused', code: 'FED_FULL', message, retry: true, round: null },
    },
    { type: 'close', connection, participantId },
  );
}

/** Makes room by forgetting somebody who left or is away and holds no place in the open round. */
function forgetOne(state: CoordinatorState): boolean {
  const open = openRoundOf(state);
  for (const member of state.members.values())
    if (member.connection === null && open?.invited.has(member.id) !== true) return state.members.delete(member.id);
  return false;
}

export function openRoundOf(state: CoordinatorState): OpenRound | null {
  return state.run.phase === 'training' || state.run.phase === 'merging' ? state.run.open : null;
}

function greet(step: Step, member: Member): void {
  const { state, now } = step;
  sendTo(step, member, {
    type: 'welcome',
    version: PROTOCOL_VERSION,
    participantId: member.id,
    now: now.wall,
    signedConfig: state.options.signedConfig,
    adapter: state.adapter,
    heartbeatMs: state.options.heartbeatMs ?? HEARTBEAT_MS,
  });
  if (state.run.phase === 'finished')
    sendTo(step, member, { type: 'finished', rounds: state.adapter.version, adapter: state.adapter });
  if (state.run.phase !== 'training') return;
  const { open } = state.run;
  const place = open.invited.get(member.id);
  if (place === undefined) inviteInTheMiddle(step, open, member);
  if (place === 'expected' || place === 'left') {
    open.invited.set(member.id, 'expected');
    sendInvite(step, open, member);
  }
}

export function sendInvite(step: Step, open: OpenRound, member: Member): void {
  const { now } = step;
  sendTo(step, member, {
    type: 'invite',
    round: open.round,
    adapter: open.base,
    // From the monotonic clock, so that a jump of the wall clock cannot lengthen or shorten it (CK1).
    deadlineAt: Math.max(0, now.wall + Math.max(0, open.deadlineMono - now.mono)),
    now: now.wall,
    circuitSeed: open.circuitSeed,
  });
}

/** JN3: enough time left, a free place, and not enough updates yet. */
function inviteInTheMiddle(step: Step, open: OpenRound, member: Member): void {
  const { deadlineMs, cohortTarget } = step.state.options.config.rounds;
  if (open.deadlineMono - step.now.mono < JOIN_SHARE * deadlineMs) return;
  if (open.invited.size >= cohortMax(cohortTarget)) return;
  noteInvited(step.state, open, member);
  const { round, openedAt, deadlineAt } = open;
  step.effects.push({
    type: 'persist',
    record: { kind: 'round-opened', round, invited: [...open.invited.keys()], openedAt, deadlineAt },
  });
  sendInvite(step, open, member);
}

export function noteInvited(state: CoordinatorState, open: OpenRound, member: Member): void {
  open.invited.set(member.id, 'expected');
  state.invitations.get(open.round)?.invited.add(member.id);
  member.lastInvited = open.round;
  member.work = 'none';
  member.progress = 0;
  member.merged = false;
}

/** LV2: the round waits for the grace period; the place is kept until the round ends. */
export function onLost(step: Step, connection: string, participantId: string): void {
  const member = step.state.members.get(participantId);
  if (member === undefined || member.connection !== connection) return;
  member.connection = null;
  member.heardAt = step.now.mono;
  // After the last round everybody goes home; that is no news.
  if (!member.left && step.state.run.phase !== 'finished') publish(step, runEvents.lost(member.publicId));
}

/** HB2. */
export function dropSilent(step: Step): void {
  for (const member of step.state.members.values()) {
    const silentMs = step.now.mono - member.heardAt;
    if (member.connection === null || silentMs < SILENCE_MS) continue;
    sendTo(step, member, { type: 'goodbye', reason: 'idle', retryAfterMs: 0 });
    step.effects.push({ type: 'close', connection: member.connection, participantId: member.id });
    member.connection = null;
    publish(step, runEvents.silent(member.publicId, Math.round(silentMs / 1000)));
  }
}

/** WR4: each broken message gets a typed refusal, too many end the connection. */
export function onMalformed(step: Step, event: Extract<CoordinatorEvent, { type: 'malformed' }>): void {
  const member = step.state.members.get(event.participantId);
  if (member === undefined || member.connection !== event.connection) return;
  member.malformed += 1;
  const message = event.message.toWellFormed().slice(0, 400);
  sendTo(step, member, { type: 'refused', code: event.code, message, retry: false, round: null });
  if (member.malformed < MALFORMED_MAX) return;
  step.effects.push({ type: 'close', connection: event.connection, participantId: member.id });
  member.connection = null;
  member.heardAt = step.now.mono;
  publish(step, runEvents.malformed(member.publicId, member.malformed));
}

export function onMessage(step: Step, member: Member, message: ParticipantMessage): void {
  member.heardAt = step.now.mono;
  switch (message.type) {
    case 'heartbeat':
      sendTo(step, member, { type: 'heartbeat', sentAt: message.sentAt, now: step.now.wall });
      return;
    case 'hello':
    case 'report':
      member.report = message.report;
      return;
    case 'phase':
      if (openRoundOf(step.state)?.round !== message.round) return;
      member.work = message.phase;
      member.progress = message.progress;
      return;
    case 'decline':
      onDecline(step, member, message.round, message.reason);
      return;
    case 'availability':
      onAvailability(step, member, message.available, message.reason);
      return;
    case 'leave':
      onLeave(step, member);
      return;
    default:
      message satisfies never;
  }
}

function onDecline(step: Step, member: Member, round: number, reason: DeclineReason): void {
  const { run } = step.state;
  if (run.phase !== 'training' || run.open.round !== round) return;
  if (run.open.invited.get(member.id) !== 'expected') return;
  run.open.invited.set(member.id, 'declined');
  member.work = 'none';
  if (reason === 'failed' || reason === 'no-data')
    publish(
      step,
      runEvents.declined(member.publicId, round, reason === 'failed' ? 'its training failed' : 'it has no text'),
    );
}

function onAvailability(step: Step, member: Member, available: boolean, reason: DeclineReason | null): void {
  if (member.available === available && member.reason === reason) return;
  member.available = available;
  member.reason = reason;
  if (available) {
    publish(step, runEvents.resumed(member.publicId));
    const { run } = step.state;
    if (run.phase === 'training' && !run.open.invited.has(member.id)) inviteInTheMiddle(step, run.open, member);
    return;
  }
  member.work = 'none';
  publish(step, reason === 'budget' ? runEvents.budgetSpent(member.publicId) : runEvents.paused(member.publicId));
}

/** LV1. */
function onLeave(step: Step, member: Member): void {
  const open = openRoundOf(step.state);
  if (open?.invited.get(member.id) === 'expected') open.invited.set(member.id, 'left');
  member.left = true;
  member.available = false;
  member.work = 'none';
  if (member.connection !== null)
    step.effects.push({ type: 'close', connection: member.connection, participantId: member.id });
  member.connection = null;
  member.heardAt = step.now.mono;
  publish(step, runEvents.left(member.publicId));
}
