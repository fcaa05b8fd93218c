import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { initialScriptBytes } from '../bench/pages.bench.ts';
import { TestRelay } from './support/relay.ts';
import { joinRound, openTab } from './support/tab.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PAGES = ['/', '/audience'] as const;

/** Fails on violations and on a sweep that checked nothing. */
async function sweep(page: Page, what: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(passes.length, `axe rules that ran on ${what}`).toBeGreaterThan(10);
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(found, `axe on ${what}`).toEqual([]);
}

async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

test.describe('both pages', () => {
  let relay: TestRelay;
  test.beforeAll(async () => {
    relay = await TestRelay.start(['--min-participants', '1', '--rounds', '50']);
  });
  test.afterAll(async () => {
    await relay.stop();
  });

  for (const path of PAGES) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`axe finds nothing on ${path} in ${colorScheme}`, async ({ browser }) => {
        const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
        const page = await context.newPage();
        await page.goto(`${relay.origin}${path}`);
        await expect(page.getByRole('main')).toBeVisible();
        await page.waitForTimeout(1500);
        await sweep(page, `${path} ${colorScheme}`);
        await context.close();
      });
    }

    test(`${path} fits 320 px without sideways scroll and a phone`, async ({ browser }) => {
      for (const viewport of [
        { width: 320, height: 640 },
        { width: 390, height: 844 },
      ]) {
        const context = await browser.newContext({ viewport });
        const page = await context.newPage();
        await page.goto(`${relay.origin}${path}`);
        await page.waitForTimeout(1000);
        expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
        await context.close();
      }
    });

    test(`${path} says what it is without JavaScript`, async ({ browser }) => {
      const context = await browser.newContext({ javaScriptEnabled: false });
      const page = await context.newPage();
      await page.goto(`${relay.origin}${path}`);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await context.close();
    });
  }

  test('the big screen needs no scrolling at 1920x1080', async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width: 1920, height: 1080 } });
    const page = await context.newPage();
    await page.goto(`${relay.origin}/audience`);
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollHeight - document.documentElement.clientHeight,
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await context.close();
  });

  test('the first JavaScript stays within its budget', () => {
    expect(initialScriptBytes('index.html')).toBeLessThanOrEqual(110 * 1024);
    expect(initialScriptBytes('audience.html')).toBeLessThanOrEqual(150 * 1024);
  });

  test('a tab joins by keyboard alone, trains with a quiet main thread, and axe finds nothing while it does', async ({
    browser,
  }) => {
    const tab = await openTab(browser, relay.joinUrl);
    const { page } = tab;
    await expect(page.getByRole('button', { name: 'Join the round' })).toBeEnabled();
    // By id: when the page comes alive under the focus, the body is focused for a moment, and it contains every word.
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? '');
    for (let i = 0; i < 20 && (await focused()) !== 'join'; i++) await page.keyboard.press('Tab');
    expect(await focused()).toBe('join');
    await page.keyboard.press('Enter');
    await expect(page.getByText(/Step \d+ of \d+/)).toBeVisible({ timeout: 30_000 });
    const longest = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let worst = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) worst = Math.max(worst, entry.duration);
          }).observe({ type: 'longtask' });
          setTimeout(() => resolve(worst), 8000);
        }),
    );
    expect(longest, 'longest main-thread task while training, ms').toBeLessThanOrEqual(200);
    await sweep(page, 'the joined page');
    await page.getByRole('heading', { name: 'Inside this tab' }).click();
    await sweep(page, 'the joined page with the monitoring panel open');
    expect(tab.complaints).toEqual([]);
    await tab.context.close();
  });

  test('a press of Join before the page is alive is carried out', async ({ browser }) => {
    const context = await browser.newContext();
    const page = await context.newPage();
    let alive = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      alive = resolve;
    });
    await page.route('**/mount-participant*.js', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(relay.joinUrl, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Join the round' }).click();
    alive();
    await expect(page.getByText(/On the big screen you are/)).toBeVisible({ timeout: 20_000 });
    await context.close();
  });

  test('writes before and after, and hands out the adapter as two PEFT files', async ({ browser }) => {
    const tab = await openTab(browser, relay.joinUrl);
    await joinRound(tab);
    const { page } = tab;
    await relay.until((view) => view.participants.some((entry) => entry.roundsMerged > 0), 'a merged round');
    await page.getByRole('textbox', { name: 'Beginning of the text' }).fill('The wind');
    await page.getByRole('button', { name: 'Write', exact: true }).click();
    await expect(page.getByText(/After: with \d+ rounds? merged/)).toBeVisible();
    const downloads: string[] = [];
    page.on('download', (download) => downloads.push(download.suggestedFilename()));
    await page.getByRole('button', { name: 'Download adapter' }).click();
    await expect.poll(() => downloads.toSorted()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    await tab.context.close();
  });

  test('every answer carries the security headers', async ({ request }) => {
    for (const path of ['/', '/audience', '/api/run', '/healthz', '/nothing-here']) {
      const headers = (await request.get(`${relay.origin}${path}`)).headers();
      expect(headers['cross-origin-opener-policy'], path).toBe('same-origin');
      expect(headers['cross-origin-embedder-policy'], path).toBe('require-corp');
      expect(headers['content-security-policy'], path).toContain("require-trusted-types-for 'script'");
      expect(headers['content-security-policy'], path).not.toContain('unsafe-inline');
      expect(headers['permissions-policy'], path).toContain('camera=()');
      expect(headers['x-content-type-options'], path).toBe('nosniff');
    }
  });
});
