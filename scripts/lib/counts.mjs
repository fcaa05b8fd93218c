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
