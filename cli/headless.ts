import { openNodeTraining } from '../relay/node-training.ts';
import type { ShardSource } from '../src/core/contracts/training-service.ts';
import type { JoinLink } from '../src/core/federation/endpoints.ts';
import { ok, type Result } from '../src/core/lib/result.ts';
import type { QuantumEngine } from '../src/core/quantum/engine/engine.ts';
import { createQuantumService } from '../src/core/quantum/quantum-service.ts';
import { createNobleSuite } from '../src/core/secure/noble-suite.ts';
import { createModelLoader } from '../src/core/session/load-model.ts';
import { createSession } from '../src/core/session/session.ts';
import type { SessionCommands, SessionView } from '../src/core/session/session-view.ts';
import { createMemoryVaultStore } from '../src/core/storage/memory-vault-store.ts';
import type { OpenedStore } from '../src/core/vault/ports.ts';
import { createVault } from '../src/core/vault/vault.ts';
import { openWasmEngine } from '../src/engines/wasm-quantum/wasm-engine.ts';
import { realClock, secureRng } from '../src/platform/host.ts';
import { openFileVaultStore } from './file-vault-store.ts';
import { createNodeTransport } from './node-transport.ts';

export interface HeadlessOptions {
  readonly link: JoinLink;
  readonly source: HeadlessSource;
  /** Null: identity and journal live in memory and end with the process. */
  readonly stateDir: string | null;
  readonly label: string;
}

export type HeadlessSource = ShardSource | { readonly kind: 'stored' };

/** What is left to say when a headless participant has ended. Figures of held-back text are its own. */
export interface HeadlessSummary {
  readonly label: string;
  readonly publicId: string | null;
  readonly sentence: string;
  readonly roundsMerged: number;
  /** Null: noise was off. */
  readonly epsilon: number | null;
  readonly heldBack: { readonly first: number; readonly last: number } | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** One thread: the check is small, and the cores belong to training. */
const openWasm = (): Promise<Result<QuantumEngine>> =>
  openWasmEngine({ precision: 'f32', threads: 1, spawnThread: null });

/** A quick look: a figure per round, not an examination. */
const EVALUATE_EXAMPLES = 24;

/** The code of a tab in a Node process: joins, trains until the run is finished, fails for good or `signal` ends it. */
export async function runHeadless(
  options: HeadlessOptions,
  signal: AbortSignal,
  onView: (view: SessionView) => void,
): Promise<Result<HeadlessSummary>> {
  const training = await openNodeTraining();
  if (!training.ok) return training;
  const transport = createNodeTransport();
  const { link, source, stateDir, label } = options;
  const vault = createVault({
    transport,
    openStore: () => openStore(stateDir),
    // Training holds this thread for a step at a time and then gives it away for one turn of the event loop. WebCrypto needs
    // several turns for one record, so heartbeats would come too late; in JavaScript a record is sealed within the turn.
    suite: () => Promise.resolve(createNobleSuite(secureRng)),
    clock: realClock,
    rng: secureRng,
  });
  const session = createSession({
    training: training.value,
    quantum: createQuantumService({ openWasm, openWebGpu: null, clock: realClock, store: null }),
    vault,
    clock: realClock,
    rng: secureRng,
    loadModel: createModelLoader(transport, realClock, link.relayUrl),
    workers: null,
    client: 'headless',
    sample: { kind: 'sample', style: 'pirate', seed: 1 },
    evaluateExamples: EVALUATE_EXAMPLES,
  });
  session.subscribe((view) => view.life.state !== 'closed' && onView(view));
  try {
    return await live(session, link, source, label, signal);
  } finally {
    await session.close();
    await vault.close();
  }
}

async function live(
  session: SessionCommands,
  link: JoinLink,
  source: HeadlessSource,
  label: string,
  signal: AbortSignal,
): Promise<Result<HeadlessSummary>> {
  const opened = await session.open({ ...link, identity: 'main', quantumPreference: 'wasm' });
  if (!opened.ok) return opened;
  if (source.kind !== 'stored') {
    const chosen = await session.chooseShard(source, true);
    if (!chosen.ok) return chosen;
  }
  const ended = untilEnd(session, signal);
  if (!opened.value.rejoining) {
    // A stop does not wait for a relay that does not answer.
    const joined = await Promise.race([session.join(), untilAborted(signal)]);
    // A slow relay is waited for; anything else is final.
    if (joined !== undefined && !joined.ok && !joined.error.retry && !signal.aborted) return joined;
  }
  await ended;
  if (signal.aborted) await session.leave();
  else await untilIdle(session);
  return ok(summaryOf(label, session.view()));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function untilEnd(session: SessionCommands, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (view: SessionView): void => {
      if (view.life.state === 'finished' || view.life.state === 'failed') resolve();
    };
    session.subscribe(look);
    look(session.view());
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The last adapter is still being measured when the run is finished. */
async function untilIdle(session: SessionCommands): Promise<void> {
  // 10 s: an evaluation takes a tenth of a second; with many participants on one core it queues up.
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 100) {
    await realClock.sleep(100);
    const { queue, config, heldBack } = session.view();
    if (queue === 0 && heldBack.at(-1)?.version === config?.rounds.roundsMax) return;
  }
}

export function summaryOf(label: string, view: SessionView): HeadlessSummary {
  const first = view.heldBack[0];
  const last = view.heldBack.at(-1);
  return {
    label,
    publicId: view.identity.publicId,
    sentence: view.sentence,
    roundsMerged: view.roundsMerged,
    epsilon: view.spend?.epsilon ?? null,
    heldBack: first === undefined || last === undefined ? null : { first: first.loss, last: last.loss },
    failure: view.life.state === 'failed' ? { code: view.life.code, message: view.life.message } : null,
  };
}

async function openStore(stateDir: string | null): Promise<Result<OpenedStore>> {
  if (stateDir === null) return ok({ store: createMemoryVaultStore(), notice: null });
  const opened = await openFileVaultStore(stateDir);
  return opened.ok ? ok({ store: opened.value, notice: null }) : opened;
}
