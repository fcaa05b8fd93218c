import { assert } from '../lib/assert.ts';
import { sha256, sha256Hex, utf8 } from '../lib/bytes.ts';
import {
  ABANDON_PAUSE_MS,
  AGGREGATION_FAILURES_MAX,
  cohortMax,
  MERGE_LIMIT_MS,
  MERGED_REMEMBERED,
  RETURN_GRACE_MS,
  ROUNDS_REMEMBERED,
  ROUNDS_SHOWN,
  updatesNeeded,
} from './coordinator-limits.ts';
import { noteInvited, publish, sendInvite, sendToAll } from './coordinator-members.ts';
import type { CoordinatorEvent, CoordinatorState, Member, OpenRound, RunState, Step } from './coordinator-types.ts';
import { mergeList } from './coordinator-updates.ts';
import { runEvents } from './run-events.ts';
import type { RoundView } from './run-view.ts';

/** Everything that time or the last event may have made due. */
export function advance(step: Step): void {
  const { run } = step.state;
  switch (run.phase) {
    case 'gathering':
      gather(step, run);
      return;
    case 'training':
      if (roundMayClose(step, run.open)) closeRound(step, run.open);
      return;
    case 'merging':
      if (step.now.mono < run.limitMono) return;
      step.effects.push({ type: 'cancel-aggregation', round: run.open.round });
      onAggregationFailed(step, run.open.round, 'it took too long');
      return;
    case 'finished':
    case 'stopped':
      return;
    default:
      run satisfies never;
  }
}

export function setRun(step: Step, run: RunState): void {
  step.state.run = run;
  step.state.phaseStartedAt = step.now.wall;
}

function isAvailable(member: Member): boolean {
  return member.connection !== null && member.available;
}

/** RN1, RN2. */
function gather(step: Step, run: Extract<RunState, { phase: 'gathering' }>): void {
  const { state, now } = step;
  const { participantsMin, gatherMs } = state.options.config.rounds;
  if (!hasAvailable(state, participantsMin)) {
    if (run.openAtMono !== null) state.run = { ...run, openAtMono: null };
    return;
  }
  const openAtMono = run.openAtMono ?? Math.max(run.notBeforeMono, now.mono + gatherMs);
  if (now.mono >= openAtMono) openRound(step, [...state.members.values()].filter(isAvailable));
  else if (run.openAtMono === null) state.run = { ...run, openAtMono };
}

/** Stops counting at `min`: thousands may come back in one burst, each with an event of its own. */
function hasAvailable(state: CoordinatorState, min: number): boolean {
  let count = 0;
  for (const member of state.members.values()) if (isAvailable(member) && ++count >= min) return true;
  return false;
}

/** RN3, RN4. */
function openRound(step: Step, available: readonly Member[]): void {
  const { state, now } = step;
  const { config } = state.options;
  const round = ++state.round;
  const open: OpenRound = {
    round,
    base: state.adapter,
    openedAt: now.wall,
    deadlineAt: now.wall + config.rounds.deadlineMs,
    deadlineMono: now.mono + config.rounds.deadlineMs,
    circuitSeed: circuitSeedOf(config.runId, round),
    invited: new Map(),
  };
  state.invitations.set(round, { base: open.base, invited: new Set() });
  const cohort = chooseCohort(available, cohortMax(config.rounds.cohortTarget), `${config.runId}:${round}`);
  for (const member of cohort) noteInvited(state, open, member);
  setRun(step, { phase: 'training', open });
  state.rounds.push(roundView(state, open, 'open', null));
  if (state.rounds.length > ROUNDS_SHOWN) state.rounds.shift();
  const { openedAt, deadlineAt } = open;
  const invited = cohort.map((member) => member.id);
  step.effects.push({ type: 'persist', record: { kind: 'round-opened', round, invited, openedAt, deadlineAt } });
  for (const member of cohort) sendInvite(step, open, member);
  publish(step, runEvents.roundOpened(round, cohort.length));
}

/** Least recently invited first, ties by a hash that nobody can choose (RN4). */
function chooseCohort(available: readonly Member[], max: number, salt: string): readonly Member[] {
  if (available.length <= max) return available;
  const ranked = available.map((member) => ({ member, rank: sha256Hex(utf8(`${salt}:${member.id}`)) }));
  ranked.sort((a, b) => a.member.lastInvited - b.member.lastInvited || (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, max).map(({ member }) => member);
}

export function circuitSeedOf(runId: string, round: number): number {
  const digest = sha256(utf8(`circuit:${runId}:${round}`));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

export function deliveredIn(open: OpenRound): number {
  let n = 0;
  for (const place of open.invited.values()) if (place === 'delivered') n += 1;
  return n;
}

/** RN5: the deadline, enough updates, or nobody left to wait for. */
function roundMayClose(step: Step, open: OpenRound): boolean {
  const { state, now } = step;
  if (now.mono >= open.deadlineMono) return true;
  if (deliveredIn(open) >= state.options.config.rounds.cohortTarget) return true;
  for (const [id, place] of open.invited) {
    if (place !== 'expected') continue;
    const member = state.members.get(id);
    if (member !== undefined && !isGone(member, now.mono)) return false;
  }
  return true;
}

function isGone(member: Member, mono: number): boolean {
  return member.connection === null && mono - member.heardAt >= RETURN_GRACE_MS;
}

/** RN6, RN7. */
function closeRound(step: Step, open: OpenRound): void {
  const { state, now } = step;
  const delivered = deliveredIn(open);
  const needed = updatesNeeded(state.options.config.rounds, open.invited.size);
  if (delivered < needed) {
    abandon(step, open, `${delivered} of ${open.invited.size} tabs delivered, ${needed} are needed`);
    return;
  }
  const updates = mergeList(state, open);
  setRun(step, { phase: 'merging', open, updates, limitMono: now.mono + MERGE_LIMIT_MS });
  step.effects.push({ type: 'aggregate', round: open.round, base: open.base, updates });
  publish(step, runEvents.roundMerging(open.round, updates.length));
}

/** RN7: accepted updates stay and are late ones of the next round. */
function abandon(step: Step, open: OpenRound, reason: string): void {
  const { state, now } = step;
  const view = replaceView(state, roundView(state, open, 'abandoned', now.wall));
  const { round, outcome, accepted, late } = { ...view, outcome: 'abandoned' as const };
  const none = { adapterSha256: null, parentSha256: null, merged: [] };
  const record = { kind: 'round-closed', round, outcome, closedAt: now.wall, accepted, late, ...none } as const;
  step.effects.push({ type: 'persist', record });
  const kept = mergeList(state, open).length;
  gatherAgain(step, ABANDON_PAUSE_MS);
  sendToAll(step, { type: 'closed', round, outcome, adapter: state.adapter });
  publish(step, runEvents.roundAbandoned(round, reason, kept));
}

function gatherAgain(step: Step, pauseMs: number): void {
  forgetOld(step.state);
  setRun(step, { phase: 'gathering', openAtMono: null, notBeforeMono: step.now.mono + pauseMs });
}

type Finished = Extract<CoordinatorEvent, { type: 'aggregation-finished' }>;

/** RN8, RN9: the only place that commits. Results of a round that is not being merged are ignored. */
export function onAggregationFinished(step: Step, event: Finished): void {
  const { state, now } = step;
  const { run } = state;
  if (run.phase !== 'merging' || run.open.round !== event.round) return;
  assert(
    event.adapter.version === state.adapter.version + 1,
    `commit of version ${event.adapter.version} on top of version ${state.adapter.version}`,
  );
  const { open, updates } = run;
  const parent = state.adapter;
  state.adapter = event.adapter;
  state.aggregationFailures = 0;
  const late = updates.filter((update) => update.round !== open.round).length;
  const view: RoundView = {
    ...roundView(state, open, 'committed', now.wall),
    accepted: updates.length - late,
    late,
    adapterSha256: event.adapter.sha256,
    loss: event.probe?.loss ?? null,
  };
  replaceView(state, view);
  step.effects.push({
    type: 'persist',
    record: {
      kind: 'round-closed',
      round: open.round,
      outcome: 'committed',
      closedAt: now.wall,
      accepted: view.accepted,
      late,
      adapterSha256: event.adapter.sha256,
      parentSha256: parent.version === 0 ? null : parent.sha256,
      merged: updates,
    },
  });
  markMerged(state, open, updates);
  const before = state.losses.at(-1)?.loss ?? null;
  sendToAll(step, { type: 'closed', round: open.round, outcome: 'committed', adapter: event.adapter });
  publish(step, runEvents.roundCommitted(open.round, updates.length, late, before, view.loss));
  if (event.probe !== null) recordLoss(step, { round: open.round, ...event.probe });
  if (state.adapter.version >= state.options.config.rounds.roundsMax) finish(step);
  else gatherAgain(step, 0);
}

function finish(step: Step): void {
  const { adapter } = step.state;
  setRun(step, { phase: 'finished' });
  sendToAll(step, { type: 'finished', rounds: adapter.version, adapter });
  publish(step, runEvents.runFinished(adapter.version));
}

function markMerged(state: CoordinatorState, open: OpenRound, updates: readonly { updateId: string }[]): void {
  for (const { updateId } of updates) {
    const update = state.updates.get(updateId);
    assert(update?.mergedIn === null, `update ${updateId} merged twice`);
    state.updates.set(updateId, { ...update, mergedIn: open.round });
    const member = state.members.get(update.participantId);
    if (member === undefined) continue;
    member.roundsMerged += 1;
    member.merged = true;
  }
}

/** Bounds the memory: the ledger answers for merged updates, older rounds are stale (UP4). */
function forgetOld(state: CoordinatorState): void {
  const waiting = new Set<number>();
  for (const update of state.updates.values()) {
    if (update.mergedIn === null) waiting.add(update.round);
    else if (update.mergedIn + MERGED_REMEMBERED <= state.round) state.updates.delete(update.updateId);
  }
  for (const round of state.invitations.keys())
    if (round + ROUNDS_REMEMBERED <= state.round && !waiting.has(round)) state.invitations.delete(round);
}

/** RN10. */
export function onAggregationFailed(step: Step, round: number, why: string): void {
  const { state } = step;
  const { run } = state;
  if (run.phase !== 'merging' || run.open.round !== round) return;
  state.aggregationFailures += 1;
  publish(step, runEvents.mergeFailed(round, why));
  abandon(step, run.open, 'the merge failed');
  if (state.aggregationFailures < AGGREGATION_FAILURES_MAX) return;
  const reason = `merging failed ${AGGREGATION_FAILURES_MAX} times in a row`;
  setRun(step, { phase: 'stopped', reason });
  publish(step, runEvents.runStopped(reason));
}

export function onEvaluated(step: Step, point: { round: number; loss: number; accuracy: number }): void {
  const { state } = step;
  if (state.losses.some((known) => known.round === point.round)) return;
  const before = state.losses.findLast((known) => known.round < point.round) ?? null;
  recordLoss(step, point);
  publish(step, runEvents.evaluated(before, point));
}

function recordLoss(step: Step, point: { round: number; loss: number; accuracy: number }): void {
  const { state } = step;
  state.losses = [...state.losses, point].sort((a, b) => a.round - b.round);
  const view = state.rounds.find((known) => known.round === point.round);
  if (view !== undefined) replaceView(state, { ...view, loss: point.loss });
  // The untrained adapter has no round in the ledger; it can be evaluated again at any time.
  if (point.round === 0) return;
  step.effects.push({ type: 'persist', record: { kind: 'round-evaluated', ...point } });
}

function roundView(
  state: CoordinatorState,
  open: OpenRound,
  outcome: RoundView['outcome'],
  closedAt: number | null,
): RoundView {
  const accepted = deliveredIn(open);
  const late = mergeList(state, open).filter((update) => update.round !== open.round).length;
  const { round, openedAt, invited } = open;
  return { round, outcome, openedAt, closedAt, invited: invited.size, accepted, late, loss: null, adapterSha256: null };
}

function replaceView(state: CoordinatorState, view: RoundView): RoundView {
  const index = state.rounds.findIndex((known) => known.round === view.round);
  if (index >= 0) state.rounds[index] = view;
  return view;
}
