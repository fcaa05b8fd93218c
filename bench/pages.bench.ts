import { readdirSync, readFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findBrowser } from '../scripts/lib/browser.mjs';
import { TestRelay } from '../e2e/support/relay.ts';
import { median, type BenchResult } from './result.ts';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'] as const;
const GOALS = { performance: 95, accessibility: 100, 'best-practices': 100, seo: 100 } as const;
const RUNS = 3;

interface LighthouseReport {
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
  readonly audits: Readonly<Record<string, { readonly numericValue?: number }>>;
}

/** Lighthouse (mobile) on both pages of a relay after a demo federation, and the gzip size of the first JavaScript. */
export async function run(): Promise<BenchResult[]> {
  const relay = await TestRelay.start(['--demo', '3', '--rounds', '3']);
  try {
    // Three rounds of content to draw; then the participants stop competing with the browser for this machine's cores.
    await relay.until((view) => view.phase === 'finished', 'three rounds', 120_000);
    return [...sizes(), ...(await lighthouse(relay.origin, '/')), ...(await lighthouse(relay.origin, '/audience'))];
  } finally {
    await relay.stop();
  }
}

async function lighthouse(origin: string, path: string): Promise<BenchResult[]> {
  const reports: LighthouseReport[] = [];
  for (let i = 0; i < RUNS; i++) {
    const file = join(mkdtempSync(join(tmpdir(), 'lighthouse-')), 'report.json');
    const flags = '--chrome-flags=--headless=new --no-sandbox --disable-quic --no-first-run';
    const args = [`${origin}${path}`, '--quiet', flags, '--output=json', `--output-path=${file}`];
    await promisify(execFile)('node_modules/.bin/lighthouse', args, {
      env: { ...process.env, CHROME_PATH: await findBrowser() },
      timeout: 180_000,
    });
    reports.push(JSON.parse(readFileSync(file, 'utf8')) as LighthouseReport);
  }
  const note = `Lighthouse mobile, median of ${RUNS}`;
  const scores = CATEGORIES.map((category): BenchResult => {
    const value = median(reports.map((report) => 100 * (report.categories[category]?.score ?? 0)));
    return { name: `${path} ${category}`, value, unit: 'points', goal: GOALS[category], better: 'higher', note };
  });
  const metric = (audit: string, name: string, unit: string, goal: number): BenchResult => {
    const value = median(reports.map((report) => report.audits[audit]?.numericValue ?? Number.NaN));
    return { name: `${path} ${name}`, value, unit, goal, better: 'lower', note };
  };
  return [
    ...scores,
    metric('largest-contentful-paint', 'LCP', 'ms', 1500),
    metric('cumulative-layout-shift', 'CLS', '', 0.02),
    metric('total-blocking-time', 'TBT', 'ms', 150),
  ];
}

interface ManifestEntry {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

/** JavaScript that a page loads before anybody presses anything: entry, the page that it mounts at once, their static imports. */
export function initialScriptBytes(page: 'index.html' | 'audience.html' | 'lab.html'): number {
  const manifest = JSON.parse(readFileSync('dist/web/.vite/manifest.json', 'utf8')) as Record<string, ManifestEntry>;
  const seen = new Set<string>();
  const visit = (key: string): number => {
    const entry = manifest[key];
    if (entry === undefined || seen.has(key)) return 0;
    seen.add(key);
    const own = entry.file.endsWith('.js') ? gzipSync(readFileSync(`dist/web/${entry.file}`), { level: 9 }).length : 0;
    const mounted = (entry.dynamicImports ?? []).filter((name) => name.includes('/mount-'));
    if (key === page && mounted.length !== 1) throw new Error(`${page} mounts ${mounted.length} pages, expected one`);
    return own + [...(entry.imports ?? []), ...mounted].reduce((sum, name) => sum + visit(name), 0);
  };
  const bytes = visit(page);
  if (bytes === 0) throw new Error(`no script for ${page} in the manifest of ${readdirSync('dist/web').join(', ')}`);
  return bytes;
}

function sizes(): BenchResult[] {
  const note = 'gzip -9 of all scripts that run before anybody presses anything';
  const result = (page: 'index.html' | 'audience.html', goal: number): BenchResult => {
    const value = initialScriptBytes(page) / 1024;
    return { name: `initial JavaScript of ${page}`, value, unit: 'KiB', goal, better: 'lower', note };
  };
  return [result('index.html', 110), result('audience.html', 150)];
}
