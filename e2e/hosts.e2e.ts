import { expect, test } from '@playwright/test';
import { TestRelay } from './support/relay.ts';
import { joinRound, nameOf, openTab } from './support/tab.ts';

/** Hosts that lack something, and people who do unusual things. Each says so in a sentence and goes on where it can. */
test.describe('unusual hosts', () => {
  let relay: TestRelay;
  test.beforeAll(async () => {
    relay = await TestRelay.start(['--min-participants', '1', '--rounds', '200']);
  });
  test.afterAll(async () => {
    await relay.stop();
  });

  test('a tab without WebGPU checks its circuits on the processor and trains', async ({ browser }) => {
    const tab = await openTab(browser, 'about:blank');
    await tab.context.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    await tab.page.goto(relay.joinUrl);
    await joinRound(tab);
    await relay.until(
      (view) => view.participants.some((entry) => entry.fidelity !== null && entry.fidelity > 0.99),
      'a verified circuit',
    );
    await tab.context.close();
  });

  test('a tab without IndexedDB says that a reload makes a new participant, and joins', async ({ browser }) => {
    const tab = await openTab(browser, 'about:blank');
    await tab.context.route('**/vault*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        body: `Object.defineProperty(self, 'indexedDB', { value: undefined });\n${await response.text()}`,
      });
    });
    await tab.page.goto(relay.joinUrl);
    await joinRound(tab);
    await expect(tab.page.getByText(/keeps no data for this page|only in memory|reload/i).first()).toBeVisible();
    await tab.context.close();
  });

  test('a second tab of the same browser is told, and can join as a second participant', async ({ browser }) => {
    const first = await openTab(browser, relay.joinUrl);
    await joinRound(first);
    const second = await first.context.newPage();
    await second.goto(relay.joinUrl);
    await second.getByRole('button', { name: 'Join the round' }).click();
    await expect(second.getByText('Another tab of this browser is already this participant.')).toBeVisible();
    await second.getByRole('button', { name: 'Join as a second participant' }).click();
    await expect(second.getByText(/On the big screen you are/)).toBeVisible();
    const name = await nameOf({ ...first, page: second });
    expect(name).not.toBe(await nameOf(first));
    await first.context.close();
  });

  test('refuses files that are no text, in a sentence, and keeps going with the sample', async ({ browser }) => {
    const tab = await openTab(browser, relay.joinUrl);
    const chooser = tab.page.waitForEvent('filechooser');
    await tab.page.getByRole('button', { name: 'Choose files' }).click();
    await (
      await chooser
    ).setFiles({
      name: 'picture.png',
      mimeType: 'image/png',
      buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1, 2, 0, 0, 255, 254]),
    });
    await tab.page.getByRole('button', { name: 'Join the round' }).click();
    await expect(tab.page.getByText(/picture\.png/).first()).toBeVisible();
    await tab.context.close();
  });

  test('a page opened over plain http from another machine says exactly that', async ({ browser }) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
    await page.goto(relay.joinUrl);
    const notice = page.getByText(/opened over plain http from another machine/);
    await expect(notice).toBeInViewport();
    await expect(page.getByRole('button', { name: 'Join the round' })).toBeDisabled();
    await context.close();
  });
});
