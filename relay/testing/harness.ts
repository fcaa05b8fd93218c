import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeTransport } from '../../cli/node-transport.ts';
import type { VaultEvent } from '../../src/core/contracts/vault-service.ts';
import { cleanReport } from '../../src/core/federation/codec.ts';
import type { ParticipantReport } from '../../src/core/federation/messages.ts';
import type { RoundsConfig } from '../../src/core/federation/run-config.ts';
import { writeModelConfig } from '../../src/core/learn/model-config.ts';
import { ok, unwrap, type Failure, type Result } from '../../src/core/lib/result.ts';
import { createMemoryVaultStore } from '../../src/core/storage/memory-vault-store.ts';
import type { VaultStore } from '../../src/core/storage/vault-store.ts';
import { createVault, type Vault } from '../../src/core/vault/vault.ts';
import { realClock, secureRng } from '../../src/platform/host.ts';
import { openSuite } from '../../src/platform/webcrypto-suite.ts';
import type { ProbeEvaluator } from '../probe.ts';
import type { RelayOptions } from '../parts.ts';
import { Relay } from '../relay.ts';

/** A tiny model: the relay reads its shape, the tests train nothing. */
export const TEST_MODEL = {
  vocabSize: 32,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediateSize: 16,
  contextLength: 32,
  ropeTheta: 10000,
  rmsEps: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 0,
  eosTokenId: 1,
};

export const TEST_ROUNDS: Partial<RoundsConfig> = {
  cohortTarget: 8,
  participantsMin: 2,
  quorum: 0.5,
  deadlineMs: 20_000,
  gatherMs: 50,
  roundsMax: 3,
};

export interface TestFolders {
  readonly root: string;
  readonly web: string;
  data(name: string): string;
  remove(): void;
}

export function testFolders(): TestFolders {
  const root = mkdtempSync(join(tmpdir(), 'plaquette-relay-'));
  const web = join(root, 'web');
  const model = join(web, 'models', 'tiny');
  mkdirSync(model, { recursive: true });
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>tab</title>');
  writeFileSync(join(web, 'audience.html'), '<!doctype html><title>hall</title>');
  writeFileSync(join(model, 'config.json'), writeModelConfig(TEST_MODEL, 'F32'));
  writeFileSync(join(model, 'tokenizer.json'), '{}');
  writeFileSync(join(model, 'model.safetensors'), 'weights');
  return {
    root,
    web,
    data: (name) => join(root, name),
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** The loss falls with the size of the adapter: enough to see that it is measured and shown. */
export const fakeProbe: ProbeEvaluator = {
  evaluate: async (adapter) => {
    const size = adapter.reduce((sum, value) => sum + Math.abs(value), 0);
    return { loss: 4 / (1 + size), accuracy: 0.5 };
  },
  close: async () => undefined,
};

export async function relayOptions(
  folders: TestFolders,
  data: string,
  changes: Partial<RelayOptions> & { readonly rounds?: Partial<RoundsConfig>; readonly port?: number } = {},
): Promise<RelayOptions> {
  const { rounds, port, ...rest } = changes;
  return {
    dataFolder: data,
    webFolder: folders.web,
    modelId: 'tiny',
    server: { host: '127.0.0.1', port: port ?? 0, tls: null, publicUrl: null },
    baseUrl: (chosen) => `http://127.0.0.1:${chosen}`,
    wishes: { name: 'test', noise: false, privacy: {}, rounds: { ...TEST_ROUNDS, ...rounds } },
    newRun: false,
    suite: await openSuite(secureRng),
    clock: realClock,
    rng: secureRng,
    probe: () => fakeProbe,
    onFatal: (failure: Failure) => {
      throw new Error(`${failure.code}: ${failure.message}`);
    },
    ...rest,
  };
}

export async function startRelay(...args: Parameters<typeof relayOptions>): Promise<Relay> {
  return unwrap(await Relay.start(await relayOptions(...args)));
}

export const REPORT: ParticipantReport = cleanReport({
  client: 'headless',
  engine: 'none',
  tokensPerSecond: 100,
  quantumEngine: 'none',
  fidelity: null,
  amplitudesPerSecond: 0,
  epsilon: null,
  shardTokensApprox: 1000,
});

/** A participant with real channel, journal and codec. "Training" moves every value by `step`. */
export interface TestParticipant {
  readonly id: string;
  readonly vault: Vault;
  readonly events: readonly VaultEvent[];
  readonly store: VaultStore;
  /** Rejects after `limitMs`. */
  until(seen: (event: VaultEvent) => boolean, limitMs?: number): Promise<VaultEvent>;
  close(): Promise<void>;
}

export async function joinRelay(
  relayUrl: string,
  pin: string | null,
  { step = 0.01, store = createMemoryVaultStore(), trains = true } = {},
): Promise<TestParticipant> {
  const openStore = async (): Promise<Result<{ store: VaultStore; notice: null }>> => ok({ store, notice: null });
  const suite = () => openSuite(secureRng);
  const ports = { transport: createNodeTransport(), openStore, suite, clock: realClock, rng: secureRng };
  const vault = createVault(ports);
  const events: VaultEvent[] = [];
  const watchers = new Set<() => void>();
  vault.onEvent((event) => {
    events.push(event);
    for (const watch of watchers) watch();
    if (event.type !== 'train' || !trains) return;
    const { round, adapter, values } = event;
    const delta = values.map(() => step);
    const spent = { steps: 1, samplingRate: 0.1, noiseMultiplier: 0 };
    // Training takes time: the answer never comes in the same turn.
    setTimeout(() => void vault.submit({ round, adapter, delta, ...spent }), 20);
  });
  const opened = unwrap(await vault.open({ relayUrl, pin, identity: 'default' }));
  unwrap(await vault.join(REPORT));
  return {
    id: opened.participantId,
    vault,
    events,
    store,
    until: (seen, limitMs = 15_000) =>
      new Promise((resolve, reject) => {
        let from = 0;
        const look = (): void => {
          for (; from < events.length; from++) {
            const event = events[from];
            if (event === undefined || !seen(event)) continue;
            finish();
            resolve(event);
            return;
          }
        };
        const finish = (): void => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const timer = setTimeout(() => {
          finish();
          const seenTypes = events.map((e) => ('state' in e ? `${e.type}:${e.state}` : e.type)).join(' ');
          reject(new Error(`not seen within ${limitMs} ms; events: ${seenTypes}`));
        }, limitMs);
        watchers.add(look);
        look();
      }),
    close: () => vault.close(),
  };
}
