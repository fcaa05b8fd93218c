import { updatesNeeded } from './coordinator-limits.ts';
import { openRoundOf } from './coordinator-members.ts';
import { deliveredIn } from './coordinator-rounds.ts';
import type { CoordinatorState, Member, Now, OpenRound } from './coordinator-types.ts';
import type { ParticipantState, ParticipantView, RoundView, RunPhase, RunView } from './run-view.ts';

/** What the relay's host knows and the protocol does not. */
export interface ViewExtras {
  readonly fingerprint: string;
  readonly relayStartedAt: number;
  readonly bytesReceived: number;
  readonly joinUrl: string;
}

/** Somebody away for longer is no longer drawn; the identity and its place in the run stay. */
const AWAY_SHOWN_MS = 10 * 60_000;

/** GET /api/run. Contains public ids only. Cost: O(members + rounds). */
export function viewOf(state: CoordinatorState, extras: ViewExtras, now: Now): RunView {
  const { config } = state.options;
  const open = openRoundOf(state);
  const participants: ParticipantView[] = [];
  let epsilon: number | null = 0;
  for (const member of state.members.values()) {
    if (member.left || (member.connection === null && now.mono - member.heardAt > AWAY_SHOWN_MS)) continue;
    participants.push(participantView(state, member, open));
    const spent = member.report === null ? 0 : member.report.epsilon;
    epsilon = epsilon === null || spent === null ? null : Math.max(epsilon, spent);
  }
  if (config.privacy.noiseMultiplier === 0) epsilon = null;
  return {
    version: 1,
    now: now.wall,
    run: { id: config.runId, name: config.name, startedAt: state.startedAt },
    mode: config.mode,
    round: state.round,
    roundsMax: config.rounds.roundsMax,
    phase: phaseOf(state),
    phaseStartedAt: state.phaseStartedAt,
    deadline: deadlineOf(state, now),
    accepted: open === null ? 0 : deliveredIn(open),
    invited: open?.invited.size ?? 0,
    quorum: open === null ? 0 : updatesNeeded(config.rounds, open.invited.size),
    participants,
    losses: state.losses,
    epsilon,
    epsilonBudget: config.privacy.epsilonBudget,
    delta: config.privacy.delta,
    noiseMultiplier: config.privacy.noiseMultiplier,
    modelHash: config.model.weightsSha256,
    modelId: config.model.id,
    adapterHash: state.adapter.sha256,
    rounds: state.rounds.map((view) => (open?.round === view.round ? openView(view, open) : view)),
    events: state.events,
    relay: {
      fingerprint: extras.fingerprint,
      startedAt: extras.relayStartedAt,
      updatesAccepted: state.updatesAccepted,
      bytesReceived: extras.bytesReceived,
    },
    joinUrl: extras.joinUrl,
  };
}

function phaseOf(state: CoordinatorState): RunPhase {
  return state.run.phase;
}

/** On the wall clock of `now`; null where nothing is awaited. */
function deadlineOf(state: CoordinatorState, now: Now): number | null {
  const { run } = state;
  if (run.phase === 'training') return now.wall + Math.max(0, run.open.deadlineMono - now.mono);
  if (run.phase === 'gathering' && run.openAtMono !== null) return now.wall + Math.max(0, run.openAtMono - now.mono);
  return null;
}

function openView(view: RoundView, open: OpenRound): RoundView {
  return { ...view, invited: open.invited.size, accepted: deliveredIn(open) };
}

function participantView(state: CoordinatorState, member: Member, open: OpenRound | null): ParticipantView {
  const { report } = member;
  return {
    id: member.publicId,
    state: stateOf(state, member, open),
    client: report?.client ?? 'browser',
    engine: report?.engine ?? '',
    tokensPerSecond: report?.tokensPerSecond ?? 0,
    fidelity: report?.fidelity ?? null,
    epsilon: report?.epsilon ?? (report === null ? 0 : null),
    progress: member.progress,
    roundsMerged: member.roundsMerged,
    joinedAt: member.joinedAt,
  };
}

function stateOf(state: CoordinatorState, member: Member, open: OpenRound | null): ParticipantState {
  if (member.connection === null) return 'away';
  if (!member.available) return 'paused';
  const place = open?.invited.get(member.id);
  if (place === 'delivered') return 'sent';
  if (place === 'expected' && state.run.phase === 'training') {
    if (member.work === 'training') return 'training';
    return member.work === 'none' ? 'invited' : 'sealing';
  }
  return member.merged ? 'merged' : 'waiting';
}
