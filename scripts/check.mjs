// Everything that needs no browser: format, lint, types, unused code, unit and property tests. Goal: under 60 s on two cores.
import { mkdirSync, rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { vitestCounts } from './lib/counts.mjs';
import { bin, root, run } from './lib/run.mjs';

const REPORT = `${root}node_modules/.cache/plaquette/unit.json`;

const STATIC = [
  ['format', bin('oxfmt'), ['--check', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['types', bin('tsc'), ['-b']],
  ['types of tests', bin('tsc'), ['-p', 'tests']],
  ['unused code', bin('knip'), []],
];

/** Runs all checks, prints a line each, returns the counts. */
export async function check({ env = {} } = {}) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const add = (name, seconds, counts) => {
    for (const key of Object.keys(total)) total[key] += counts[key];
    console.log(`${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${name} (${counts.passed} passed, ${seconds.toFixed(1)} s)`);
  };
  const wasm = await run('node', ['scripts/build-wasm.mjs'], { quiet: true });
  add('wasm build', wasm.seconds, one(wasm));
  for (const [name, command, args] of STATIC) {
    const result = await run(command, args, { quiet: true });
    add(name, result.seconds, one(result));
  }
  mkdirSync(`${root}node_modules/.cache/plaquette`, { recursive: true });
  rmSync(REPORT, { force: true });
  const unit = await run(
    bin('vitest'),
    ['run', '--project', 'node', '--reporter=dot', '--reporter=json', `--outputFile.json=${REPORT}`],
    { quiet: true, env },
  );
  const counts = vitestCounts(REPORT);
  if (unit.code !== 0 && counts.failed === 0) counts.failed = 1;
  add('unit and property tests', unit.seconds, counts);
  return total;
}

function one({ code }) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const started = performance.now();
  const { passed, failed } = await check();
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
