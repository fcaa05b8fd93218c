import { chromium } from 'playwright';
import { findBrowser } from '../scripts/lib/browser.mjs';
import { TestRelay } from '../e2e/support/relay.ts';
import type { RunView } from '../src/core/federation/run-view.ts';
import { median, type BenchResult } from './result.ts';

const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-sync'];

const RELOADS = 7;

/** Whole federations as people run them: six demo participants with and without noise, and one browser tab's waits. */
export async function run(): Promise<BenchResult[]> {
  return [...(await demo('epsilon <= 8', [], 5)), ...(await demo('noise off', ['--no-noise'], 20)), ...(await tab())];
}

async function demo(name: string, args: readonly string[], fallGoal: number): Promise<BenchResult[]> {
  const relay = await TestRelay.start(['--demo', '6', '--rounds', '10', '--min-participants', '6', ...args]);
  try {
    const started = performance.now();
    const end = await relay.until((view) => view.phase === 'finished', 'ten rounds', 600_000);
    const seconds = (performance.now() - started) / 1000;
    const note = `six headless participants and the relay on one machine, ${accepted(end)} updates merged`;
    const first = end.losses.at(0)?.loss ?? Number.NaN;
    const last = end.losses.at(-1)?.loss ?? Number.NaN;
    const fall = 100 * (1 - last / first);
    return [
      { name: `10 rounds, six tabs, ${name}`, value: seconds, unit: 's', goal: 90, better: 'lower', note },
      {
        name: `fall of the loss on the tabs' styles, ${name}`,
        value: fall,
        unit: '%',
        goal: fallGoal,
        better: 'higher',
        note: `${first.toFixed(3)} -> ${last.toFixed(3)} nats per token on the relay's probe set`,
      },
      {
        name: `largest epsilon, ${name}`,
        value: end.epsilon ?? Number.POSITIVE_INFINITY,
        unit: '',
        goal: args.length === 0 ? 8 : null,
        better: 'lower',
        note: `delta ${end.delta}`,
      },
    ];
  } finally {
    await relay.stop();
  }
}

const accepted = (view: RunView): number => view.rounds.reduce((sum, round) => sum + round.accepted, 0);

async function tab(): Promise<BenchResult[]> {
  const relay = await TestRelay.start(['--min-participants', '1', '--rounds', '100']);
  const browser = await chromium.launch({ executablePath: await findBrowser(), args: FLAGS });
  try {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      const seen = { longest: 0 };
      Object.assign(globalThis, { plaquetteLongTask: seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.longest = Math.max(seen.longest, entry.duration);
      }).observe({ type: 'longtask' });
    });
    await page.goto(relay.joinUrl);
    const firstStep = async (): Promise<number> => {
      const started = performance.now();
      await page.getByText(/Step [1-9]\d* of \d+/).waitFor({ timeout: 60_000 });
      return (performance.now() - started) / 1000;
    };
    await page.getByRole('button', { name: 'Join the round' }).click();
    const joined = await firstStep();
    await page.evaluate(() => Object.assign(Reflect.get(globalThis, 'plaquetteLongTask') as object, { longest: 0 }));
    await page.waitForTimeout(15_000);
    const longest = await page.evaluate(
      () => (Reflect.get(globalThis, 'plaquetteLongTask') as { longest: number }).longest,
    );
    const reloads: number[] = [];
    for (let i = 0; i < RELOADS; i++) {
      await page.reload();
      reloads.push(await firstStep());
      // Not in step with the rounds, so that every part of a round is met.
      await page.waitForTimeout(700 * (i + 1));
    }
    const note = 'one Chromium tab, localhost';
    return [
      { name: 'join to first training step', value: joined, unit: 's', goal: 5, better: 'lower', note },
      {
        name: 'reload to training again',
        value: median(reloads),
        unit: 's',
        goal: 5,
        better: 'lower',
        note: `${note}, median of ${RELOADS} in different parts of a round, slowest ${Math.max(...reloads).toFixed(1)} s`,
      },
      {
        name: 'longest main-thread task while training',
        value: longest,
        unit: 'ms',
        goal: 50,
        better: 'lower',
        note: '15 s of training; 0 = none over 50 ms',
      },
    ];
  } finally {
    await browser.close();
    await relay.stop();
  }
}
