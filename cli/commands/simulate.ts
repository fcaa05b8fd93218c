import { simulate, SimulationError, type SimReport } from '../../sim/simulate.ts';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';
import { EXIT, numberOption, parse, report, usage, type Command, type Parsed } from '../command.ts';

const HELP = `plaquette simulate [options]

A whole federation (relay and tabs with a cheap model) in this process: virtual time, a lossy network, crashes, all from one seed.

  --tabs N     number of tabs (default: drawn from the seed)
  --rounds R   rounds to commit (default: drawn from the seed)
  --seed S     the same seed gives the same run (default 1)
  --json       the whole report

Exit code 1 and the seed on stderr where a promise of the protocol is broken.`;

/** Every tab is a state machine of its own; more of them say nothing new. */
const TABS_MAX = 1000;
const ROUNDS_MAX = 10_000;

export const simulateCommand: Command = {
  summary: 'a whole federation from one seed',
  help: HELP,
  run: async (argv, output) => {
    const text = { type: 'string' } as const;
    const parsed = parse(argv, { tabs: text, rounds: text, seed: text, json: { type: 'boolean' } });
    const done = parsed.ok ? runSimulation(parsed.value) : parsed;
    if (!done.ok) return report(done.error, output, 'simulate');
    const json = parsed.ok && parsed.value.values['json'] === true;
    output.out(json ? JSON.stringify(done.value) : sentence(done.value));
    return EXIT.ok;
  },
};

function runSimulation(parsed: Parsed): Result<SimReport> {
  if (parsed.positionals.length > 0) return usage(`"${parsed.positionals.join(' ')}" is not understood`);
  const tabs = numberOption(parsed, 'tabs', { min: 1, max: TABS_MAX, whole: true });
  if (!tabs.ok) return tabs;
  const rounds = numberOption(parsed, 'rounds', { min: 1, max: ROUNDS_MAX, whole: true });
  if (!rounds.ok) return rounds;
  const seed = numberOption(parsed, 'seed', { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true });
  if (!seed.ok) return seed;
  try {
    return ok(
      simulate({
        seed: seed.value ?? 1,
        ...(tabs.value === null ? {} : { tabs: tabs.value }),
        ...(rounds.value === null ? {} : { rounds: rounds.value }),
      }),
    );
  } catch (error) {
    if (error instanceof SimulationError) return fail(error.code, error.message);
    throw error;
  }
}

function sentence({ seed, tabs, rounds, updates, crashes, loss, virtualMs }: SimReport): string {
  return [
    `Seed ${seed}: ${tabs} tabs committed ${rounds.committed} rounds in ${Math.round(virtualMs / 1000)} virtual seconds (${rounds.abandoned} abandoned).`,
    `${updates.acknowledged} updates acknowledged, ${updates.merged} merged, none lost, none counted twice; ${crashes.relay} crashes of the relay, ${crashes.tabs} of tabs.`,
    `Loss ${loss.before.toFixed(4)} -> ${loss.after.toFixed(4)} (best possible ${loss.floor.toFixed(4)}).`,
  ].join('\n');
}
