// Runs bench/*.bench.ts (each exports `run(): Promise<BenchResult[]>`), prints a table, keeps the figures in bench/results.
// Usage: npm run bench [-- name-part ...]. Exit code 1 if a goal is missed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { runnerImport } from 'vite';
import { root, run } from './lib/run.mjs';

const wanted = process.argv.slice(2);
await run('node', ['scripts/build.mjs'], { quiet: true });
const files = readdirSync(`${root}bench`)
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
if (files.length === 0) throw new Error(`no benchmark matches ${wanted.join(', ')}; there are files bench/*.bench.ts`);

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
mkdirSync(`${root}bench/results`, { recursive: true });
for (const file of files) {
  const name = file.replace('.bench.ts', '');
  console.log(`\n${name}`);
  const { module } = await runnerImport(`${root}bench/${file}`, { configFile: false, logLevel: 'error' });
  const results = await module.run();
  for (const { name: figure, value, unit, goal, better, note } of results) {
    const met = goal === null ? '    ' : (better === 'higher' ? value >= goal : value <= goal) ? 'ok  ' : 'MISS';
    if (met === 'MISS') process.exitCode = 1;
    const bar = goal === null ? '' : ` (goal ${better === 'higher' ? '>=' : '<='} ${goal})`;
    console.log(`${met} ${figure}: ${Number(value.toPrecision(4))} ${unit}${bar}  ${note}`);
  }
  const report = {
    date: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD'),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
    results,
  };
  writeFileSync(`${root}bench/results/${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
}
