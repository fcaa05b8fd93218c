import { existsSync, readFileSync } from 'node:fs';

/** Counts of a vitest JSON report; a missing or empty report is one failure, never a pass. */
export function vitestCounts(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const passed = report.numPassedTests ?? 0;
  const brokenFiles = (report.testResults ?? []).filter(
    (f) => f.status === 'failed' && f.assertionResults.length === 0,
  );
  const failed = (report.numFailedTests ?? 0) + brokenFiles.length;
  return { passed, failed: passed === 0 && failed === 0 ? 1 : failed, skipped: report.numPendingTests ?? 0 };
}

/** Counts of a Playwright JSON report; flaky counts as failed. */
export function playwrightCounts(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const { stats, errors } = JSON.parse(readFileSync(file, 'utf8'));
  const passed = stats.expected;
  const failed = stats.unexpected + stats.flaky + (errors?.length ?? 0);
  return { passed, failed: passed === 0 && failed === 0 ? 1 : failed, skipped: stats.skipped };
}

/** Adds up suites and prints a line for each. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;

  add(name, seconds, counts) {
    this.merge(counts);
    console.log(`${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${name} (${counts.passed} passed, ${seconds.toFixed(1)} s)`);
  }

  merge({ passed, failed, skipped }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
  }
}

/** One check that is a whole program. */
export function programCounts({ code }) {
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** A program that failed although every test in its report passed (a crash after the last one) is one failure. */
export function agreeing(counts, { code }) {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
