// The whole test run: check, browser tests (WGSL on a real Chromium), 10,000 simulated federations, end-to-end.
// The last line is "N passed, N failed" over all suites.
import { rmSync } from 'node:fs';
import { check } from './check.mjs';
import { findBrowser } from './lib/browser.mjs';
import { playwrightCounts, vitestCounts } from './lib/counts.mjs';
import { bin, root, run } from './lib/run.mjs';

const REPORTS = `${root}node_modules/.cache/plaquette`;
const total = { passed: 0, failed: 0, skipped: 0 };
const started = performance.now();

function add(name, seconds, counts) {
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${name} (${counts.passed} passed, ${seconds.toFixed(1)} s)`);
}

async function vitest(name, args, env) {
  const report = `${REPORTS}/${name.replaceAll(' ', '-')}.json`;
  rmSync(report, { force: true });
  const result = await run(
    bin('vitest'),
    ['run', ...args, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`],
    {
      quiet: true,
      env,
    },
  );
  const counts = vitestCounts(report);
  if (result.code !== 0 && counts.failed === 0) counts.failed = 1;
  add(name, result.seconds, counts);
}

const checked = await check();
for (const key of Object.keys(total)) total[key] += checked[key];

await vitest('simulated federations', ['--project', 'node', 'sim'], { PLAQUETTE_SIM_SEEDS: '10000' });

let browser;
try {
  browser = await findBrowser();
} catch (error) {
  console.log(`FAIL browser: ${error.message}`);
  total.failed += 1;
}
if (browser !== undefined) {
  const env = { PLAQUETTE_BROWSER: browser };
  await vitest('browser tests', ['--project', 'browser'], env);
  const build = await run('node', ['scripts/build.mjs'], { quiet: true });
  add(
    'build',
    build.seconds,
    build.code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 },
  );
  const report = `${REPORTS}/e2e.json`;
  rmSync(report, { force: true });
  const e2e = await run(bin('playwright'), ['test'], {
    quiet: true,
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  const counts = playwrightCounts(report);
  if (e2e.code !== 0 && counts.failed === 0) counts.failed = 1;
  add('end-to-end tests', e2e.seconds, counts);
}

console.log(`${((performance.now() - started) / 1000).toFixed(0)} s, ${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
