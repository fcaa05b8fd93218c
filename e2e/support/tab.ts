import { expect, type Browser, type BrowserContext, type Page } from '@playwright/test';

/** One participant: a browser context of its own (own storage, own identity) with one page. Keeps what the console complained about. */
export interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: string[];
}

/** Messages that a killed relay makes unavoidable: the browser itself logs every failed request. */
const NETWORK = /net::ERR_|WebSocket connection to|Failed to load resource|EventSource/;

export async function openTab(browser: Browser, url: string): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !NETWORK.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { context, page, complaints };
}

export async function joinRound(tab: Tab): Promise<void> {
  await tab.page.getByRole('button', { name: 'Join the round' }).click();
  await expect(tab.page.getByText(/On the big screen you are/)).toBeVisible({ timeout: 20_000 });
}

/** The friendly name on the big screen, which follows from the participant's identity. */
export async function nameOf(tab: Tab): Promise<string> {
  const sentence = await tab.page.getByText(/On the big screen you are/).textContent();
  const name = /“(.+)”/.exec(sentence ?? '')?.[1];
  if (name === undefined) throw new Error(`no name in "${sentence}"`);
  return name;
}
