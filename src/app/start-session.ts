import { openQuantumClient } from '../clients/quantum-client.ts';
import { openTrainingClient } from '../clients/training-client.ts';
import { openVaultClient } from '../clients/vault-client.ts';
import { parseJoinLink } from '../core/federation/endpoints.ts';
import type { Unsubscribe } from '../core/lib/world.ts';
import { createModelLoader } from '../core/session/load-model.ts';
import type { WorkerWatch } from '../core/session/ports.ts';
import { createSession } from '../core/session/session.ts';
import type { WorkerHealthView } from '../core/session/session-view.ts';
import { realClock, secureRng } from '../platform/host.ts';
import { claimIdentity, type IdentityClaim } from '../platform/locks.ts';
import { createTransport } from '../platform/web-transport.ts';
import type { StartOutcome, TabChoice } from './participant-app.ts';
import { SAMPLE_STYLE_IDS } from './sample-styles.ts';
import { MAIN_IDENTITY, recallIdentity, rememberIdentity } from './tab-memory.ts';

/** Enough held-back examples for a steady number, few enough for about a second. */
const EVALUATE_EXAMPLES = 32;

/** Builds the participant's life in this tab: three workers, storage, channel. Loaded only when somebody joins or comes back. */
export async function startInBrowser(choice: TabChoice): Promise<StartOutcome> {
  const claim = await claimTab(choice);
  if (claim === null) return { kind: 'second' };
  const link = parseJoinLink(location.href);
  if (!link.ok) return { kind: 'failed', message: link.error.message };
  const training = openTrainingClient();
  const quantum = openQuantumClient();
  const vault = openVaultClient();
  const session = createSession({
    training: training.service,
    quantum: quantum.service,
    vault: vault.service,
    clock: realClock,
    rng: secureRng,
    loadModel: createModelLoader(createTransport(), realClock, link.value.relayUrl),
    workers: watch([
      ['training', training.host],
      ['vault', vault.host],
      ['quantum', quantum.host],
    ]),
    client: 'browser',
    sample: { kind: 'sample', style: randomStyle(), seed: randomSeed() },
    evaluateExamples: EVALUATE_EXAMPLES,
  });
  const stop = (): void => {
    for (const client of [training, quantum, vault]) client.host.close();
    claim.release();
  };
  const opened = await session.open({
    relayUrl: link.value.relayUrl,
    pin: link.value.pin,
    identity: claim.identity,
    quantumPreference: 'auto',
  });
  if (!opened.ok) {
    stop();
    return { kind: 'failed', message: opened.error.message };
  }
  rememberIdentity(claim.identity);
  const replaced = claim.lost.then(async () => {
    await session.close();
    stop();
  });
  return { kind: 'started', session, rejoining: opened.value.rejoining, replaced };
}

/** null: another tab of this browser is the participant and the person has not chosen yet. */
async function claimTab(choice: TabChoice): Promise<IdentityClaim | null> {
  const remembered = recallIdentity();
  const claim = await claimIdentity(MAIN_IDENTITY, remembered);
  if (claim.preferred || claim.identity === remembered || choice === 'own') return claim;
  if (choice === 'take-over') return claim.takeOver();
  // Without Web Locks nobody can know of other tabs, so every tab is a participant of its own.
  if (!('locks' in navigator)) return claim;
  claim.release();
  return null;
}

interface Host {
  readonly health: Omit<WorkerHealthView, 'name'>;
  onHealth(listener: () => void): Unsubscribe;
  onRestart(listener: () => void): Unsubscribe;
}

function watch(hosts: readonly (readonly [WorkerHealthView['name'], Host])[]): WorkerWatch {
  const all = (subscribe: (name: WorkerHealthView['name'], host: Host) => Unsubscribe): Unsubscribe => {
    const unsubscribes = hosts.map(([name, host]) => subscribe(name, host));
    return () => unsubscribes.forEach((unsubscribe) => unsubscribe());
  };
  return {
    health: () => hosts.map(([name, host]) => ({ name, ...host.health })),
    onHealth: (listener) => all((_name, host) => host.onHealth(listener)),
    onRestart: (listener) => all((name, host) => host.onRestart(() => listener(name))),
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

/** Every tab brings another kind of text, so that the model has something to learn from everybody. */
function randomStyle(): string {
  return SAMPLE_STYLE_IDS[randomSeed() % SAMPLE_STYLE_IDS.length] ?? SAMPLE_STYLE_IDS[0];
}
