import { existsSync } from 'node:fs';
import { run } from './run.mjs';

const INSTALLED = [
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Playwright's own download, if somebody made it. */
async function playwrightsOwn() {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  return path !== '' && existsSync(path) ? path : undefined;
}

/** Only as root on a system with apt: anything else would need a password or touch a stranger's machine. */
async function installWithSystem() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.log('No browser found; installing Chromium with apt-get.');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = await run('apt-get', ['update'], { quiet: true, env, limitMs: 5 * 60_000 });
  const install =
    update.code === 0
      ? await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { quiet: true, env })
      : update;
  return install.code === 0 && existsSync('/usr/bin/chromium') ? '/usr/bin/chromium' : undefined;
}

/** Path of a Chromium: PLAQUETTE_BROWSER, then installed ones, then Playwright's own, then apt. Throws with what to do. */
export async function findBrowser() {
  const named = process.env.PLAQUETTE_BROWSER;
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new Error(`PLAQUETTE_BROWSER names ${named}, which does not exist. Give the path of a Chrome or Chromium.`);
  }
  const found = INSTALLED.find((path) => existsSync(path)) ?? (await playwrightsOwn()) ?? (await installWithSystem());
  if (found !== undefined) return found;
  throw new Error(
    'No Chrome or Chromium found. Install one (for example "apt-get install chromium" or "npx playwright install chromium"), ' +
      'or set PLAQUETTE_BROWSER to the path of its program. The browser tests are part of the test run and are not skipped.',
  );
}
