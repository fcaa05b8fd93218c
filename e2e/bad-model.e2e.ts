import { expect, test, type Page } from '@playwright/test';
import { TestRelay } from './support/relay.ts';
import { joinRound, openTab, type Tab } from './support/tab.ts';

type Damage = (body: Buffer) => Buffer;

/** What somebody between relay and tab, or a broken disk, could serve instead of the model. */
const DAMAGES: readonly (readonly [name: string, file: string, damage: Damage])[] = [
  ['weights with one flipped bit', 'model.safetensors', (body) => flipped(body)],
  ['truncated weights', 'model.safetensors', (body) => body.subarray(0, body.length >> 1)],
  ['another architecture', 'config.json', (body) => Buffer.from(body.toString().replace(/llama/gi, 'gptneo'))],
];

function flipped(body: Buffer): Buffer {
  const out = Buffer.from(body);
  const at = out.length - 5;
  out.writeUInt8(out.readUInt8(at) ^ 1, at);
  return out;
}

async function serve(page: Page, file: string, damage: Damage): Promise<void> {
  await page.context().route(`**/models/**/${file}*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ status: 200, contentType: 'application/octet-stream', body: damage(await response.body()) });
  });
}

test.describe('a model that is not the one of the run', () => {
  let relay: TestRelay;
  test.beforeAll(async () => {
    relay = await TestRelay.start(['--min-participants', '1', '--rounds', '200']);
  });
  test.afterAll(async () => {
    await relay.stop();
  });

  for (const [name, file, damage] of DAMAGES) {
    test(`${name}: the tab says so in a sentence, trains nothing and leaves`, async ({ browser }) => {
      const tab: Tab = await openTab(browser, 'about:blank');
      await serve(tab.page, file, damage);
      await tab.page.goto(relay.joinUrl);
      await tab.page.getByRole('button', { name: 'Join the round' }).click();
      await expect(
        tab.page.getByText(/the (config|weights) file has SHA-256 .+, the run needs/i).first(),
      ).toBeVisible();
      const before = (await relay.view()).relay.updatesAccepted;
      await tab.page.waitForTimeout(1_000);
      expect((await relay.view()).relay.updatesAccepted).toBe(before);
      await tab.context.close();
    });
  }

  test('an honest tab is not disturbed by it', async ({ browser }) => {
    const tab = await openTab(browser, relay.joinUrl);
    await joinRound(tab);
    await relay.until((view) => view.relay.updatesAccepted > 0, 'an update');
    await tab.context.close();
  });
});
