import { createCoordinator } from '../src/core/federation/coordinator.ts';
import { EVENTS_SHOWN } from '../src/core/federation/coordinator-limits.ts';
import { restoreCoordinator } from '../src/core/federation/coordinator-restore.ts';
import type {
  CoordinatorEffect,
  CoordinatorOptions,
  CoordinatorState,
  LedgerFacts,
  Now,
} from '../src/core/federation/coordinator-types.ts';
import { fail, ok, type Result } from '../src/core/lib/result.ts';
import type { Ledger, LedgerUpdate } from './ledger/ledger.ts';
import type { CurrentRun } from './run-setup.ts';
import type { Storage } from './storage.ts';

export interface Restored {
  readonly started: { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] };
  readonly updates: readonly LedgerUpdate[];
  readonly hasBaseline: boolean;
}

/**
 * The coordinator as the ledger's facts make it. Failures: RELAY_LEDGER_CORRUPT (facts contradict each other),
 * RELAY_BLOB_MISSING and RELAY_BLOB_CORRUPT (the newest adapter or a waiting update is gone).
 */
export async function restoreRun(
  storage: Storage,
  run: CurrentRun,
  options: CoordinatorOptions,
  now: Now,
): Promise<Result<Restored>> {
  if (!run.resumed) return ok({ started: createCoordinator(options, now), updates: [], hasBaseline: false });
  const read = await readFacts(storage.ledger, run);
  if (!read.ok) return read;
  const { facts, updates } = read.value;
  let started: Restored['started'];
  try {
    started = restoreCoordinator(options, facts, now);
  } catch (error) {
    return fail(
      'RELAY_LEDGER_CORRUPT',
      `the ledger contradicts itself (${error instanceof Error ? error.message : String(error)}): restore the data folder from a backup, or start a new run with --new-run`,
    );
  }
  const head = await storage.adapters.bytes(started.state.adapter.sha256);
  if (!head.ok) return head;
  for (const { digest, mergedIn } of updates) {
    const blob = mergedIn === null ? await storage.updates.get(digest) : null;
    // Updates of long closed rounds can never be merged; only those that still count must be there.
    if (blob !== null && !blob.ok && isAwaited(started.state, digest)) return blob;
  }
  return ok({ started, updates, hasBaseline: facts.baseline !== null });
}

function isAwaited(state: CoordinatorState, digest: string): boolean {
  for (const update of state.updates.values()) if (update.digest === digest) return true;
  return false;
}

async function readFacts(
  ledger: Ledger,
  { config, startedAt }: CurrentRun,
): Promise<Result<{ facts: LedgerFacts; updates: readonly LedgerUpdate[] }>> {
  const { runId } = config;
  const participants = await ledger.participants(runId);
  if (!participants.ok) return participants;
  const rounds = await ledger.rounds(runId);
  if (!rounds.ok) return rounds;
  const updates = await ledger.updates(runId);
  if (!updates.ok) return updates;
  const events = await ledger.events(runId, EVENTS_SHOWN);
  if (!events.ok) return events;
  const baseline = await ledger.baseline(runId);
  if (!baseline.ok) return baseline;
  const facts: LedgerFacts = {
    startedAt,
    participants: participants.value,
    rounds: rounds.value,
    updates: updates.value,
    events: events.value,
    baseline: baseline.value,
  };
  return ok({ facts, updates: updates.value });
}

/** Removes what an interrupted intake or commit left behind: blobs that no waiting update needs. */
export async function sweepUpdates(storage: Storage, state: CoordinatorState): Promise<void> {
  const needed = new Set<string>();
  for (const update of state.updates.values()) if (update.mergedIn === null) needed.add(update.digest);
  for (const name of await storage.updates.list()) if (!needed.has(name)) await storage.updates.remove(name);
}
