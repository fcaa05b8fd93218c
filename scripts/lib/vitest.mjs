import { mkdirSync, rmSync } from 'node:fs';
import { agreeing, vitestCounts } from './counts.mjs';
import { bin, root, run } from './run.mjs';

/** Where the runners leave their reports. */
export const REPORTS = `${root}node_modules/.cache/plaquette`;

/** One vitest run into the tally; what it printed is shown only on failure. */
export async function vitest(tally, name, args, env = {}) {
  mkdirSync(REPORTS, { recursive: true });
  const report = `${REPORTS}/${name.replaceAll(' ', '-')}.json`;
  rmSync(report, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const result = await run(bin('vitest'), ['run', ...args, ...reporters], { quiet: true, env });
  tally.add(name, result.seconds, agreeing(vitestCounts(report), result));
}
