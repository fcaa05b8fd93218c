import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VaultEvent } from '../contracts/vault-service.ts';
import { CONFIG, REPORT } from '../federation/testing/wire-cases.ts';
import type { RunConfig } from '../federation/run-config.ts';
import { epsilonOf } from '../learn/dp/accountant.ts';
import { Prng } from '../lib/prng.ts';
import { fail, ok, unwrap, type Result } from '../lib/result.ts';
import { createNobleSuite } from '../secure/noble-suite.ts';
import { createImageVaultStore, createMemoryVaultStore, EMPTY_IMAGE } from '../storage/memory-vault-store.ts';
import type { VaultStore } from '../storage/vault-store.ts';
import type { OpenedStore } from './ports.ts';
import { accepted, FakeRelay, RELAY_URL } from './testing/fake-relay.ts';
import { TestClock } from './testing/test-clock.ts';
import { createVault, type Vault } from './vault.ts';

const SIZE = 300;
const SPENT = { steps: 8, samplingRate: 0.05, noiseMultiplier: 1 };

const config: RunConfig = {
  ...CONFIG,
  privacy: { epsilonBudget: 4, delta: 1e-5, clipNorm: 0.5, noiseMultiplier: 1 },
  training: { ...CONFIG.training, deltaEncoding: 'int8' },
};
const { runId } = config;

let clock: TestClock;
let relay: FakeRelay;
const vaults: Vault[] = [];
let seeds = 0;

interface Tab {
  readonly vault: Vault;
  readonly events: VaultEvent[];
  readonly opened: Awaited<ReturnType<Vault['open']>>;
  of<T extends VaultEvent['type']>(type: T): Extract<VaultEvent, { type: T }>[];
}

/** Closing the store would be right in production; here one store outlives several vaults. */
function lasting(store: VaultStore): VaultStore {
  return { ...store, close: () => Promise.resolve() };
}

async function open(store: VaultStore = createMemoryVaultStore(), pin: string | null = relay.pin): Promise<Tab> {
  const rng = new Prng(`vault ${(seeds += 1)}`);
  const openStore = (): Promise<Result<OpenedStore>> => Promise.resolve(ok({ store: lasting(store), notice: null }));
  const suite = (): Promise<ReturnType<typeof createNobleSuite>> => Promise.resolve(createNobleSuite(rng));
  const vault = createVault({ transport: relay.transport, openStore, suite, clock, rng });
  vaults.push(vault);
  const events: VaultEvent[] = [];
  vault.onEvent((event) => events.push(event));
  const opened = await vault.open({ relayUrl: `${RELAY_URL}/`, pin, identity: 'main' });
  const of = <T extends VaultEvent['type']>(type: T): Extract<VaultEvent, { type: T }>[] =>
    events.filter((event): event is Extract<VaultEvent, { type: T }> => event.type === type);
  return { vault, events, opened, of };
}

async function joined(store?: VaultStore, pin?: string | null): Promise<Tab> {
  const tab = await open(store, pin);
  unwrap(tab.opened);
  unwrap(await tab.vault.join(REPORT));
  await clock.until(() => tab.of('adapter').length > 0 || tab.of('failure').some(({ final }) => final));
  return tab;
}

/** Invites, and answers with `value` in every place once the adapter is here. */
async function train(tab: Tab, round: number, value = 0.01, spent = SPENT): Promise<Result<null>> {
  const before = tab.of('train').length;
  await relay.invite(round);
  await clock.until(() => tab.of('train').length > before);
  const event = tab.of('train').at(-1)!;
  const submitting = tab.vault.submit({
    round,
    adapter: event.adapter,
    delta: event.values.map(() => value),
    ...spent,
  });
  await clock.advance(10);
  return submitting;
}

beforeEach(async () => {
  clock = new TestClock();
  relay = await FakeRelay.start(clock, config, SIZE);
});
afterEach(async () => {
  for (const vault of vaults.splice(0)) await vault.close();
});

describe('vault: joining', () => {
  it('shakes hands, proves its identity, checks the signed configuration and fetches the adapter', async () => {
    const tab = await joined();
    expect(unwrap(tab.opened)).toMatchObject({ returning: false, cryptography: 'noble' });
    expect(tab.of('joined')).toMatchObject([{ config, participantId: unwrap(tab.opened).participantId }]);
    expect(tab.of('adapter')).toMatchObject([{ ref: relay.adapter, values: new Float32Array(SIZE) }]);
    expect(tab.of('connection').map(({ state }) => state)).toEqual(['connecting', 'securing', 'connected']);
    expect(relay.messages[0]).toMatchObject({ type: 'hello', report: REPORT });
    expect(relay.proofs[0]!.token).toHaveLength(32);
  });

  it('comes back as the same participant from the same store, and from another relay as a new one', async () => {
    const store = createMemoryVaultStore();
    const [first, second] = [await joined(store), await joined(store)];
    expect(unwrap(second.opened)).toEqual({ ...unwrap(first.opened), returning: true });
    expect(relay.proofs[1]).toEqual(relay.proofs[0]);
    const other = await open(store, 'A'.repeat(43));
    expect(unwrap(other.opened)).toMatchObject({ returning: false, storage: { notice: expect.any(String) as string } });
    expect(unwrap(other.opened).participantId).not.toBe(unwrap(first.opened).participantId);
  });

  it('trusts the keys of the first visit without a pin, and refuses other keys for good before connecting', async () => {
    const store = createMemoryVaultStore();
    const first = await joined(store, null);
    expect(unwrap(await store.identity())!.relayPin).toBe(relay.pin);
    await first.vault.close();
    await relay.replaceKeys();
    const channels = relay.channelsOpened;
    const second = await joined(store, null);
    expect(second.of('failure')).toMatchObject([{ code: 'SEC_PIN_CHANGED', final: true }]);
    await clock.advance(60_000);
    expect(relay.channelsOpened).toBe(channels);
    expect(second.of('connection').at(-1)!.state).toBe('refused');
  });

  it('refuses a relay that is not the one of the link, and a pin that is none', async () => {
    const tab = await joined(undefined, 'B'.repeat(43));
    expect(tab.of('failure')).toMatchObject([{ code: 'SEC_RELAY_PIN', final: true }]);
    expect(relay.channelsOpened).toBe(0);
    expect((await open(undefined, 'short')).opened).toMatchObject({ ok: false, error: { code: 'SEC_RELAY_PIN' } });
  });

  it('finds new keys of the relay in the middle of a visit and stops', async () => {
    const tab = await joined();
    await relay.replaceKeys();
    relay.cut();
    await clock.until(() => tab.of('failure').some(({ final }) => final));
    expect(tab.of('failure').at(-1)).toMatchObject({ code: 'SEC_RELAY_PIN', final: true });
  });

  it('refuses a configuration that the relay of the link has not signed', async () => {
    relay.signedConfig = relay.signedConfig.map((byte, i) => (i === relay.signedConfig.length - 100 ? byte ^ 1 : byte));
    const tab = await joined();
    expect(tab.of('failure')).toMatchObject([{ code: 'FED_CONFIG_SIGNATURE', final: true }]);
    expect(tab.of('joined')).toEqual([]);
  });

  it('[CF3] refuses other rules for the same run, signed or not, in the same visit and after a reload', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    relay.announce({ ...config, privacy: { ...config.privacy, noiseMultiplier: 0.5 } });
    relay.cut();
    await clock.until(() => tab.of('failure').some(({ final }) => final));
    expect(tab.of('failure').at(-1)).toMatchObject({ code: 'FED_CONFIG_CHANGED' });
    const again = await joined(store);
    await clock.until(() => again.of('failure').some(({ final }) => final));
    expect(again.of('failure').at(-1)).toMatchObject({ code: 'FED_CONFIG_CHANGED' });
    await relay.invite(1);
    await clock.advance(2_000);
    expect(again.of('train')).toEqual([]);
    relay.announce(config);
    expect((await joined(store)).of('failure')).toEqual([]);
  });

  it('[CF4] does not follow into a run with less privacy until the person joins again', async () => {
    const tab = await joined();
    const weaker = { ...config, runId: 'ab'.repeat(16), privacy: { ...config.privacy, noiseMultiplier: 0 } };
    relay.announce(weaker);
    relay.cut();
    await clock.until(() => tab.of('failure').some(({ final }) => final));
    expect(tab.of('failure').at(-1)).toMatchObject({ code: 'FED_CONFIG_WEAKER', final: true });
    expect(tab.of('failure').at(-1)?.message).toContain('no noise instead of noise 1, epsilon up to 4');
    expect(tab.of('joined')).toHaveLength(1);
    unwrap(await tab.vault.join(REPORT));
    await clock.until(() => tab.of('joined').length === 2);
    expect(tab.of('joined').at(-1)?.config.runId).toBe(weaker.runId);
  });

  it('[CF4] follows into a run with the same privacy by itself', async () => {
    const tab = await joined();
    relay.announce({ ...config, runId: 'cd'.repeat(16) });
    relay.cut();
    await clock.until(() => tab.of('joined').length === 2);
    expect(tab.of('failure')).toEqual([]);
  });

  it('keeps trying while nobody answers, and tells why once', async () => {
    relay.down = true;
    const tab = await open();
    unwrap(await tab.vault.join(REPORT));
    await clock.advance(20_000);
    expect(tab.of('failure')).toMatchObject([{ code: 'NET_UNREACHABLE', final: false }]);
    expect(tab.of('connection').filter(({ state }) => state === 'connecting').length).toBeGreaterThan(5);
    relay.down = false;
    await clock.until(() => tab.of('joined').length === 1);
  });

  it('does not use an adapter whose bytes do not have its hash', async () => {
    relay.spoil(relay.adapter);
    const tab = await open();
    unwrap(await tab.vault.join(REPORT));
    await clock.until(() => tab.of('failure').length > 0);
    await relay.invite(1);
    await clock.advance(5_000);
    expect(tab.of('failure')[0]).toMatchObject({ code: 'FED_ADAPTER_HASH' });
    expect(tab.of('train')).toEqual([]);
  });
});

describe('vault: a round', () => {
  it('journals the spend before the update leaves, sends it sealed, and settles it once acknowledged', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    let journalAtPost = -1;
    let pendingAtPost = -1;
    const spied: VaultStore['journal'] = store.journal.bind(store);
    relay.answerPost = (posted) => {
      void spied(runId).then((journal) => (journalAtPost = unwrap(journal).length));
      void store.pending(runId).then((pending) => (pendingAtPost = unwrap(pending).length));
      return accepted(posted);
    };
    unwrap(await train(tab, 1));
    await clock.until(() => tab.of('accepted').length === 1);
    await clock.advance(100);
    expect([journalAtPost, pendingAtPost]).toEqual([1, 1]);
    expect(relay.posts).toHaveLength(1);
    const { update, sealed, plaintext } = relay.posts[0]!;
    expect(update).toMatchObject({ runId, round: 1, encoding: 'int8', size: SIZE, adapter: relay.adapter });
    expect(tab.of('sealed')).toMatchObject([{ round: 1, bytes: sealed.length, plaintextBytes: plaintext.length }]);
    expect(tab.of('sealed')[0]!.preview).toEqual(sealed.slice(0, 64));
    expect(unwrap(await store.pending(runId))).toEqual([]);
    const epsilon = unwrap(epsilonOf([SPENT], config.privacy.delta)).epsilon;
    expect(tab.of('spend').at(-1)!.spend).toMatchObject({ epsilon, rounds: 1, delta: 1e-5 });
    expect(tab.of('spend').at(-1)!.spend.roundsLeft).toBeGreaterThan(0);
  });

  it('sends the same update again when the acknowledgement is lost, sealed anew for the new session', async () => {
    const tab = await joined();
    relay.answerPost = () => {
      relay.answerPost = (posted) => ({ ...accepted(posted), duplicate: true }) as ReturnType<typeof accepted>;
      relay.cut();
      return null;
    };
    unwrap(await train(tab, 1));
    await clock.until(() => tab.of('accepted').length === 1);
    expect(relay.posts.length).toBeGreaterThanOrEqual(2);
    const [first, second] = [relay.posts[0]!, relay.posts.at(-1)!];
    expect(second.updateId).toBe(first.updateId);
    expect(second.plaintext).toEqual(first.plaintext);
    expect(second.sealed).not.toEqual(first.sealed);
  });

  it('[CK1] gives the training the time that is left, however far the wall clock jumps', async () => {
    const tab = await joined();
    relay.adapter = relay.publish(1, new Float32Array(SIZE).fill(0.5));
    relay.down = true;
    await relay.invite(1, 60_000);
    await clock.advance(200);
    expect(tab.of('train')).toEqual([]);
    clock.jump(3_600_000);
    relay.down = false;
    await clock.until(() => tab.of('train').length === 1);
    const left = tab.of('train')[0]!.deadlineAt - clock.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('keeps an update through two minutes without a relay, says so, and sends it once the relay is back', async () => {
    const tab = await joined();
    await relay.invite(1);
    await clock.until(() => tab.of('train').length === 1);
    relay.down = true;
    relay.cut();
    const { adapter, values } = tab.of('train')[0]!;
    const submitting = tab.vault.submit({ round: 1, adapter, delta: values.map(() => 0.01), ...SPENT });
    await clock.advance(50);
    unwrap(await submitting);
    await clock.advance(120_000);
    expect(relay.posts).toEqual([]);
    expect(tab.of('connection').some(({ state, retryAt }) => state === 'offline' && retryAt !== null)).toBe(true);
    expect(tab.of('failure').every(({ final }) => !final)).toBe(true);
    relay.down = false;
    await clock.until(() => tab.of('accepted').length === 1);
    expect(relay.posts).toHaveLength(1);
  });

  it('tries again when the relay cannot say yes yet', async () => {
    const tab = await joined();
    const answers = [503, 409, null];
    relay.answerPost = (posted) => (answers.length > 0 ? (answers.shift() ?? null) : accepted(posted));
    unwrap(await train(tab, 1));
    await clock.until(() => tab.of('accepted').length === 1);
    expect(relay.posts).toHaveLength(4);
  });

  it('sends after a crash what was journaled before it, and does not train that round again', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    relay.answerPost = () => null;
    unwrap(await train(tab, 1));
    await tab.vault.close();
    relay.posts.length = 0;
    relay.answerPost = accepted;
    const again = await joined(store);
    await clock.until(() => again.of('accepted').length === 1);
    expect(relay.posts).toHaveLength(1);
    await relay.invite(1);
    await clock.advance(5_000);
    expect(again.of('train')).toEqual([]);
    expect(unwrap(await store.journal(runId))).toHaveLength(1);
    expect(again.of('spend').at(-1)!.spend.rounds).toBe(1);
  });

  it('drops what the relay refuses for good, and keeps its spend', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    relay.answerPost = () => ({ type: 'refused', code: 'FED_ROUND_CLOSED', message: 'over', retry: false, round: 1 });
    unwrap(await train(tab, 1));
    await clock.until(() => tab.of('failure').length > 0);
    await clock.advance(1_000);
    expect(unwrap(await store.pending(runId))).toEqual([]);
    expect(unwrap(await store.journal(runId))).toHaveLength(1);
  });

  it('refuses a result for a round that is over, and spends nothing', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    await relay.invite(1);
    await clock.until(() => tab.of('train').length === 1);
    await relay.send({ type: 'closed', round: 1, outcome: 'abandoned', adapter: relay.adapter });
    await clock.until(() => tab.of('stop').length === 1);
    const late = await tab.vault.submit({ round: 1, adapter: relay.adapter, delta: new Float32Array(SIZE), ...SPENT });
    expect(late).toMatchObject({ ok: false, error: { code: 'FED_ROUND_OVER' } });
    expect(unwrap(await store.journal(runId))).toEqual([]);
  });

  it.each([NaN, Infinity])('refuses a delta that holds %d', async (value) => {
    const tab = await joined();
    expect(await train(tab, 1, value)).toMatchObject({ ok: false, error: { code: 'FED_DELTA_VALUE' } });
    await clock.advance(2_000);
    expect(relay.posts).toEqual([]);
    expect(relay.messages).toContainEqual({ type: 'decline', round: 1, reason: 'failed' });
  });

  it('sends nothing when the spend cannot be written', async () => {
    const store = createImageVaultStore({
      durable: true,
      image: EMPTY_IMAGE,
      persist: (_next, changed) =>
        Promise.resolve(changed.includes('journal') ? fail('STORE_FULL', 'no space left') : ok(null)),
      close: () => Promise.resolve(),
    });
    const tab = await joined(store);
    expect(await train(tab, 1)).toMatchObject({ ok: false, error: { code: 'STORE_FULL' } });
    await clock.advance(5_000);
    expect(relay.posts).toEqual([]);
    expect(tab.of('failure')).toMatchObject([{ code: 'STORE_FULL', final: false }]);
  });
});

describe('vault: the privacy budget', () => {
  it('trains as many rounds as fit and then declines, for good', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    const spent = { steps: 60, samplingRate: 0.04, noiseMultiplier: 1 };
    let round = 0;
    while (tab.of('budget-spent').length === 0 && round < 50) {
      round += 1;
      const before = tab.of('train').length;
      await relay.invite(round);
      await clock.advance(300);
      if (tab.of('train').length === before) break;
      const delta = new Float32Array(SIZE);
      const submitting = tab.vault.submit({ round, adapter: relay.adapter, delta, ...spent });
      await clock.advance(300);
      unwrap(await submitting);
      await relay.send({ type: 'closed', round, outcome: 'committed', adapter: relay.adapter });
    }
    const journal = unwrap(await store.journal(runId));
    expect(journal.length).toBeGreaterThan(1);
    const epsilon = (rounds: number): number =>
      unwrap(epsilonOf([{ ...spent, steps: rounds * spent.steps }], 1e-5)).epsilon;
    expect(epsilon(journal.length)).toBeLessThanOrEqual(config.privacy.epsilonBudget);
    expect(epsilon(journal.length + 1)).toBeGreaterThan(config.privacy.epsilonBudget);
    expect(tab.of('budget-spent')).toHaveLength(1);
    expect(relay.messages).toContainEqual({ type: 'decline', round, reason: 'budget' });
    const again = await joined(store);
    await relay.invite(round + 1);
    await clock.advance(2_000);
    expect(again.of('train')).toEqual([]);
  });

  it('[PV4] counts a round whose journal write failed, because it may be on the disk all the same', async () => {
    let failing = false;
    const store = createImageVaultStore({
      durable: true,
      image: EMPTY_IMAGE,
      persist: () => Promise.resolve(failing ? fail('STORE_CORRUPT', 'the disk failed') : ok(null)),
      close: () => Promise.resolve(),
    });
    const tab = await joined(store);
    const spent = { steps: 150, samplingRate: 0.04, noiseMultiplier: 1 };
    const epsilon = (rounds: number): number =>
      unwrap(epsilonOf([{ ...spent, steps: rounds * spent.steps }], 1e-5)).epsilon;
    // One such round fits into the budget, two do not.
    expect(epsilon(1)).toBeLessThan(config.privacy.epsilonBudget);
    expect(epsilon(2)).toBeGreaterThan(config.privacy.epsilonBudget);
    failing = true;
    expect(await train(tab, 1, 0.01, spent)).toMatchObject({ ok: false, error: { code: 'STORE_CORRUPT' } });
    failing = false;
    expect(await train(tab, 2, 0.01, spent)).toMatchObject({ ok: false, error: { code: 'DP_BUDGET' } });
    await clock.advance(5_000);
    expect(relay.posts).toEqual([]);
  });

  it('sends nothing of a first round that alone would pass the budget, or that had less noise than agreed', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    const costly = { steps: 1000, samplingRate: 1, noiseMultiplier: 1 };
    expect(await train(tab, 1, 0.01, costly)).toMatchObject({ ok: false, error: { code: 'DP_BUDGET' } });
    expect(tab.of('budget-spent')).toHaveLength(1);
    const other = await joined(createMemoryVaultStore());
    const quiet = { ...SPENT, noiseMultiplier: 0.5 };
    expect(await train(other, 1, 0.01, quiet)).toMatchObject({ ok: false, error: { code: 'DP_NOISE' } });
    await clock.advance(5_000);
    expect(relay.posts).toEqual([]);
    expect(unwrap(await store.journal(runId))).toEqual([]);
  });
});

describe('vault: the end', () => {
  it('says leave before it goes, and stays away', async () => {
    const tab = await joined();
    await tab.vault.leave();
    await clock.advance(30_000);
    expect(relay.messages.at(-1)).toEqual({ type: 'leave' });
    expect(relay.channelsOpened).toBe(1);
    expect(tab.of('connection').at(-1)!.state).toBe('left');
  });

  it('forgets everything', async () => {
    const store = createMemoryVaultStore();
    const tab = await joined(store);
    unwrap(await tab.vault.putSetting('shard', 'text'));
    unwrap(await train(tab, 1));
    await tab.vault.forget();
    expect(unwrap(await store.identity())).toBeNull();
    expect(unwrap(await store.journal(runId))).toEqual([]);
    expect(unwrap(await store.setting('shard'))).toBeUndefined();
    expect(await tab.vault.join(REPORT)).toMatchObject({ ok: false, error: { code: 'VAULT_CLOSED' } });
  });

  it('finds a black hole by its heartbeat and connects again', async () => {
    const tab = await joined();
    // The fake relay never answers heartbeats.
    await clock.until(() => relay.channelsOpened === 2);
    await clock.until(() => tab.of('joined').length === 2);
    expect(relay.messages.filter(({ type }) => type === 'hello')).toHaveLength(2);
  });
});
