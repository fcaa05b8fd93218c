import { expect, test } from '@playwright/test';
import type { RunView } from '../src/core/federation/run-view.ts';
import { TestRelay } from './support/relay.ts';
import { joinRound, nameOf, openTab, type Tab } from './support/tab.ts';

const committed = (view: RunView): number => view.rounds.filter((round) => round.outcome === 'committed').length;

test.describe('a live federation', () => {
  test('three tabs finish rounds through a reload, a killed relay and a leave', async ({ browser }) => {
    const relay = await TestRelay.start(['--rounds', '5', '--min-participants', '2', '--deadline-s', '45']);
    const tabs: Tab[] = [];
    try {
      for (let i = 0; i < 3; i++) tabs.push(await openTab(browser, relay.joinUrl));
      for (const tab of tabs) await joinRound(tab);
      const [reloading, , leaving] = tabs as [Tab, Tab, Tab];
      await relay.until((view) => committed(view) >= 1, 'the first commit');

      await test.step('a reload brings the same participant back and it trains again within 5 s of the next round', async () => {
        const before = await nameOf(reloading);
        await reloading.page.reload();
        await expect(reloading.page.getByText(/Welcome back|On the big screen you are/)).toBeVisible();
        expect(await reloading.page.getByText(/you are (still )?“/).textContent()).toContain(before);
        await expect(reloading.page.getByRole('button', { name: 'Pause' })).toBeVisible();
        expect((await relay.view()).participants).toHaveLength(3);
      });

      await test.step('a relay killed in the middle of a round loses no acknowledged update', async () => {
        const before = await relay.until(
          (view) => view.phase === 'training' && view.accepted >= 1,
          'an update in an open round',
        );
        await relay.down('SIGKILL');
        await relay.up();
        const after = await relay.view();
        expect(after.run.id).toBe(before.run.id);
        expect(after.relay.updatesAccepted).toBeGreaterThanOrEqual(before.relay.updatesAccepted);
        const end = await relay.until(
          (view) => view.round >= before.round && committed(view) > committed(before),
          'a commit after the kill',
        );
        const round = end.rounds.find((entry) => entry.round === before.round);
        expect(round?.outcome).toBe('committed');
        expect(round?.accepted).toBeGreaterThanOrEqual(before.accepted);
      });

      await test.step('a tab that leaves is not waited for', async () => {
        await leaving.page.getByRole('button', { name: 'Leave' }).first().click();
        await leaving.page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click();
        await expect(leaving.page.getByRole('button', { name: /Join again|Join the round/ })).toBeVisible();
      });

      const end = await relay.until((view) => view.phase === 'finished', 'the end of the run', 120_000);
      expect(committed(end)).toBe(5);
      expect(new Set(end.rounds.map((round) => round.round)).size).toBe(end.rounds.length);
      for (const round of end.rounds) expect(round.accepted).toBeLessThanOrEqual(round.invited + round.late);
      expect(end.epsilon).not.toBeNull();
      expect(end.epsilon ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(end.epsilonBudget);
      const first = end.losses.at(0)?.loss ?? Number.NaN;
      const last = end.losses.at(-1)?.loss ?? Number.NaN;
      expect(last).toBeLessThan(first);
      for (const tab of tabs) expect(tab.complaints).toEqual([]);
    } finally {
      for (const tab of tabs) await tab.context.close();
      await relay.stop();
    }
  });

  test('the relay ends gracefully on SIGTERM and a second start resumes the run', async () => {
    const relay = await TestRelay.start(['--rounds', '3']);
    try {
      const before = await relay.view();
      expect(await relay.down('SIGTERM')).toBe(0);
      await relay.up();
      const after = await relay.view();
      expect(after.run.id).toBe(before.run.id);
      expect(after.relay.fingerprint).toBe(before.relay.fingerprint);
    } finally {
      await relay.stop();
    }
  });
});
