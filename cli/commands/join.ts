import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { STYLES } from '../../src/core/corpus/styles.ts';
import { parseJoinLink, type JoinLink } from '../../src/core/federation/endpoints.ts';
import { fail, ok, type Failure, type Result } from '../../src/core/lib/result.ts';
import { SHARD_BYTES_MAX } from '../../src/core/session/session-view.ts';
import { runHeadless, summaryOf, type HeadlessSource, type HeadlessSummary } from '../headless.ts';
import { PARTICIPANTS_MAX, sampleSources, startParticipants } from '../participant-pool.ts';
import { onStopSignals } from '../stop-signals.ts';

export const JOIN_HELP = `plaquette join LINK [options]: takes part without a browser, until the run is finished or Ctrl-C

  LINK           join link of the relay, e.g. http://localhost:8787/#k=...
  --data FILE    text to train on; may be given several times. It never leaves this process
  --sample STYLE built-in sample text instead: ${STYLES.map(({ id }) => id).join(', ')}
  --state DIR    keep identity and privacy journal in this folder, to come back as the same participant
  --count N      N participants (1 to ${PARTICIPANTS_MAX}), each in a thread of its own, with sample styles in turn
  --name NAME    name in this output only
  --json         print one JSON array of results at the end instead of sentences
  --help         this text

Exit code: 0 the run is finished or was left by Ctrl-C, 1 a participant failed, 2 wrong options.`;

interface JoinArgs {
  readonly link: JoinLink;
  readonly sources: readonly HeadlessSource[];
  readonly stateDir: string | null;
  readonly name: string;
  readonly json: boolean;
}

/** Runs `plaquette join`; resolves with the exit code. */
export async function runJoin(argv: readonly string[]): Promise<number> {
  if (argv.includes('--help')) {
    process.stdout.write(`${JOIN_HELP}\n`);
    return 0;
  }
  const args = await readArgs(argv);
  if (!args.ok) return complain(args.error, 2);
  const stop = new AbortController();
  const offSignals = onStopSignals(() => stop.abort(new Error('stopped')));
  const say = sayer(args.value.json);
  const results =
    args.value.sources.length === 1
      ? [await runOne(args.value, stop.signal, say)]
      : await runMany(args.value, stop.signal, say);
  offSignals();
  return report(results, args.value.json);
}

type Say = (summary: HeadlessSummary) => void;

function runOne(
  { link, sources, stateDir, name }: JoinArgs,
  signal: AbortSignal,
  say: Say,
): Promise<Result<HeadlessSummary>> {
  const source = sources[0] ?? { kind: 'stored' };
  return runHeadless({ link, source, stateDir, label: name }, signal, (view) => say(summaryOf(name, view)));
}

async function runMany(
  { link, sources, stateDir }: JoinArgs,
  signal: AbortSignal,
  say: Say,
): Promise<readonly Result<HeadlessSummary>[]> {
  const pool = startParticipants({ link, sources, stateDir, onNews: say });
  if (!pool.ok) return [pool];
  signal.addEventListener('abort', () => void pool.value.stop(), { once: true });
  return pool.value.ended;
}

/** One line per change, on stdout. */
function sayer(json: boolean): Say {
  const told = new Map<string, string>();
  return ({ label, sentence }) => {
    if (json || told.get(label) === sentence) return;
    told.set(label, sentence);
    process.stdout.write(`${label}: ${sentence}\n`);
  };
}

function report(results: readonly Result<HeadlessSummary>[], json: boolean): number {
  let code = 0;
  for (const result of results) {
    const failure = result.ok ? result.value.failure : result.error;
    if (failure === null) continue;
    code = 1;
    complain(failure, 1);
  }
  const summaries = results.flatMap((result) => (result.ok ? [result.value] : []));
  if (json) process.stdout.write(`${JSON.stringify(summaries)}\n`);
  else for (const summary of summaries) process.stdout.write(`${closing(summary)}\n`);
  return code;
}

function closing({ label, roundsMerged, epsilon, heldBack }: HeadlessSummary): string {
  const privacy = epsilon === null ? 'no noise, so no privacy bound' : `epsilon ${epsilon.toFixed(2)}`;
  const loss =
    heldBack === null
      ? ''
      : `; loss on its own held-back text ${heldBack.first.toFixed(3)} -> ${heldBack.last.toFixed(3)}`;
  return `${label}: updates merged: ${roundsMerged}, ${privacy}${loss}`;
}

function complain(failure: Pick<Failure, 'code' | 'message'>, code: number): number {
  process.stderr.write(`plaquette join: ${failure.message} (${failure.code})\n`);
  return code;
}

const OPTIONS = {
  data: { type: 'string', multiple: true },
  sample: { type: 'string' },
  state: { type: 'string' },
  count: { type: 'string' },
  name: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function readArgs(argv: readonly string[]): Promise<Result<JoinArgs>> {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return fail('JOIN_OPTIONS', error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1)
    return fail('JOIN_OPTIONS', `got ${positionals.length} links, expected one; see plaquette join --help`);
  const link = parseJoinLink(positionals[0] ?? '');
  if (!link.ok) return link;
  const sources = await readSources(values);
  if (!sources.ok) return sources;
  const { state, name, json } = values;
  return ok({
    link: link.value,
    sources: sources.value,
    stateDir: state ?? null,
    name: name ?? 'participant',
    json,
  });
}

async function readSources(values: {
  readonly data?: string[] | undefined;
  readonly sample?: string | undefined;
  readonly state?: string | undefined;
  readonly count?: string | undefined;
}): Promise<Result<readonly HeadlessSource[]>> {
  const { data, sample, state, count } = values;
  const given = [data, sample, count].filter((value) => value !== undefined).length;
  if (given > 1) return fail('JOIN_OPTIONS', 'got several of --data, --sample and --count, expected one');
  if (count !== undefined) {
    const n = Number(count);
    if (!/^\d+$/.test(count) || n < 1 || n > PARTICIPANTS_MAX)
      return fail('JOIN_OPTIONS', `got --count ${count}, expected a whole number from 1 to ${PARTICIPANTS_MAX}`);
    return ok(sampleSources(n));
  }
  if (sample !== undefined) {
    if (!STYLES.some(({ id }) => id === sample))
      return fail('JOIN_OPTIONS', `got --sample ${sample}, expected one of ${STYLES.map(({ id }) => id).join(', ')}`);
    return ok([{ kind: 'sample', style: sample, seed: 1 }]);
  }
  if (data !== undefined) return readFiles(data);
  // A participant that comes back has its text in its folder.
  if (state !== undefined) return ok([{ kind: 'stored' }]);
  return fail('JOIN_OPTIONS', 'no text: give --data FILE or --sample STYLE');
}

async function readFiles(paths: readonly string[]): Promise<Result<readonly HeadlessSource[]>> {
  const files: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  let total = 0;
  for (const path of paths) {
    try {
      const about = await stat(path);
      // A pipe or a device has no size and may never end.
      if (!about.isFile()) return fail('JOIN_FILE', `${path} is not a file; choose a text file`);
      total += about.size;
      if (total > SHARD_BYTES_MAX)
        return fail(
          'SESSION_SHARD_LARGE',
          `the files have more than ${SHARD_BYTES_MAX / 2 ** 20} MB; choose a part of them`,
        );
      files.push({ name: basename(path), bytes: new Uint8Array(await readFile(path)) });
    } catch (error) {
      return fail('JOIN_FILE', `${path} cannot be read (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  return ok([{ kind: 'texts', files }]);
}
