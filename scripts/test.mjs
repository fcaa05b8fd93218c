// The whole test run: check, 10,000 simulated federations, browser tests (WGSL on a real Chromium), end-to-end.
// The last line is "N passed, N failed" over all suites.
import { rmSync } from 'node:fs';
import { check } from './check.mjs';
import { findBrowser } from './lib/browser.mjs';
import { agreeing, playwrightCounts, programCounts, Tally } from './lib/counts.mjs';
import { bin, run } from './lib/run.mjs';
import { REPORTS, vitest } from './lib/vitest.mjs';

const started = performance.now();
const tally = new Tally();
tally.merge(await check());
await vitest(tally, 'simulated federations', ['--project', 'node', 'sim'], { PLAQUETTE_SIM_SEEDS: '10000' });

try {
  await inBrowser({ PLAQUETTE_BROWSER: await findBrowser() });
} catch (error) {
  console.log(`FAIL browser: ${error.message}`);
  tally.merge({ passed: 0, failed: 1, skipped: 0 });
}

console.log(`${((performance.now() - started) / 1000).toFixed(0)} s, ${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;

async function inBrowser(env) {
  await vitest(tally, 'browser tests', ['--project', 'browser'], env);
  const build = await run('node', ['scripts/build.mjs'], { quiet: true });
  tally.add('build', build.seconds, programCounts(build));
  const report = `${REPORTS}/e2e.json`;
  rmSync(report, { force: true });
  const e2e = await run(bin('playwright'), ['test'], {
    quiet: true,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  tally.add('end-to-end tests', e2e.seconds, agreeing(playwrightCounts(report), e2e));
}
