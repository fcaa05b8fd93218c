// Everything that needs no browser: format, lint, types, unused code, unit and property tests. Goal: under 60 s on two cores.
import { pathToFileURL } from 'node:url';
import { programCounts, Tally } from './lib/counts.mjs';
import { bin, run } from './lib/run.mjs';
import { vitest } from './lib/vitest.mjs';

const STATIC = [
  ['wasm build', 'node', ['scripts/build-wasm.mjs']],
  ['format', bin('oxfmt'), ['--check', '.']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['types', bin('tsc'), ['-b']],
  ['types of tests', bin('tsc'), ['-p', 'tests']],
  ['unused code', bin('knip'), []],
];

/** Runs all checks, prints a line each, returns the tally. */
export async function check() {
  const tally = new Tally();
  for (const [name, command, args] of STATIC) {
    const result = await run(command, args, { quiet: true });
    tally.add(name, result.seconds, programCounts(result));
  }
  await vitest(tally, 'unit and property tests', ['--project', 'node']);
  return tally;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const started = performance.now();
  const { passed, failed } = await check();
  console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
