import { expect, test } from '@playwright/test';
import { TestRelay } from './support/relay.ts';
import { joinRound, openTab } from './support/tab.ts';

test.describe('what a person or a proxy can do wrong', () => {
  let relay: TestRelay;
  test.beforeAll(async () => {
    relay = await TestRelay.start(['--min-participants', '1', '--rounds', '200']);
  });
  test.afterAll(async () => {
    await relay.stop();
  });

  test('a file of 1 GB is refused at once, by its size, in a sentence, and the page goes on', async ({ browser }) => {
    const tab = await openTab(browser, relay.joinUrl);
    await expect(tab.page.getByRole('button', { name: 'Join the round' })).toBeVisible();
    const started = performance.now();
    await tab.page.evaluate(() => {
      // One block of 16 MiB, 64 times: a gigabyte that only exists when somebody reads it.
      const block = new Blob([new Uint8Array(2 ** 24).fill(97)]);
      const transfer = new DataTransfer();
      transfer.items.add(new File(Array<Blob>(64).fill(block), 'huge.txt', { type: 'text/plain' }));
      const input = document.querySelector<HTMLInputElement>('input[type=file][accept]');
      if (input === null) throw new Error('no file input');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await expect(tab.page.getByText(/a tab takes at most/).first()).toBeVisible({ timeout: 5_000 });
    expect(performance.now() - started).toBeLessThan(5_000);
    await joinRound(tab);
    expect(tab.complaints).toEqual([]);
    await tab.context.close();
  });

  test('a proxy that drops the isolation headers takes SharedArrayBuffer away; the tab says so and trains', async ({
    browser,
  }) => {
    const tab = await openTab(browser, 'about:blank');
    await tab.context.route(`${relay.origin}/`, async (route) => {
      const response = await route.fetch();
      const headers = Object.fromEntries(
        Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin-')),
      );
      await route.fulfill({ response, headers });
    });
    await tab.page.goto(relay.joinUrl);
    expect(await tab.page.evaluate(() => 'SharedArrayBuffer' in globalThis)).toBe(false);
    await joinRound(tab);
    const before = (await relay.view()).relay.updatesAccepted;
    await relay.until((view) => view.relay.updatesAccepted > before, 'an update');
    await expect(tab.page.getByText(/SharedArrayBuffer is off/).first()).toBeAttached();
    await tab.context.close();
  });
});
