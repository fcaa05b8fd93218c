import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROBE_EXAMPLES_MAX, sampleProbeText, ThreadProbe } from '../../relay/probe.ts';
import type { RelayOptions } from '../../relay/parts.ts';
import { Relay } from '../../relay/relay.ts';
import type { RunWishes } from '../../relay/run-setup.ts';
import { fail, ok, type Failure, type Result } from '../../src/core/lib/result.ts';
import { realClock, secureRng } from '../../src/platform/host.ts';
import { openSuite } from '../../src/platform/webcrypto-suite.ts';
import {
  EXIT,
  numberOption,
  parse,
  report,
  textOption,
  usage,
  type Command,
  type Output,
  type Parsed,
} from '../command.ts';
import { onStopSignals } from '../stop-signals.ts';
import { startDemo, type Demo } from './demo.ts';

const HELP = `plaquette relay [options]

Starts the relay: pages, participants and rounds on one port. Prints the link for participants and the one for the big screen.
A second start with the same data folder goes on with the same run. Ctrl-C stops it gracefully, a second Ctrl-C at once.

  --port N               port (default 8787)
  --host ADDRESS         address to listen on (default 0.0.0.0: all)
  --data DIR             where everything is kept (default ./data); back up this folder
  --tls-cert FILE        certificate, PEM; phones need TLS
  --tls-key FILE         its key, PEM
  --public-url URL       where the world sees the relay behind a proxy, e.g. https://train.example
  --demo N               also run N participants on sample text in a process of their own
  --probe FILE           text to measure the model on (default: samples of the built-in styles)
  --new-run              start another run; earlier ones stay in the data folder
  --json                 print the links as one line of JSON

For a new run only:
  --name TEXT            what the run is called
  --rounds N             rounds until it is finished
  --deadline-s S         seconds that a round waits for its participants
  --min-participants N   participants needed to open a round
  --noise-multiplier S   noise in units of the clip norm
  --no-noise             clipping only: no differential privacy, and every screen says so
  --epsilon E            privacy budget of each participant`;

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const RUN_OPTIONS = ['name', 'rounds', 'deadline-s', 'min-participants', 'noise-multiplier', 'no-noise', 'epsilon'];
const OPTIONS = {
  port: TEXT,
  host: TEXT,
  data: TEXT,
  web: TEXT,
  model: TEXT,
  'tls-cert': TEXT,
  'tls-key': TEXT,
  'public-url': TEXT,
  demo: TEXT,
  probe: TEXT,
  'new-run': FLAG,
  json: FLAG,
  name: TEXT,
  rounds: TEXT,
  'deadline-s': TEXT,
  'min-participants': TEXT,
  'noise-multiplier': TEXT,
  'no-noise': FLAG,
  epsilon: TEXT,
} as const;

/** Our own model; another folder of public/models can be chosen with --model. */
const MODEL_ID = 'plaquette-1m';
/** With a smaller budget no round fits. */
const EPSILON_MIN = 0.001;
/** As in the run configuration. */
const NAME_MAX = 120;
/** More headless participants than this in one process train slower than the default deadline. */
const DEMO_MAX = 64;

export const relayCommand: Command = {
  summary: 'start the relay and print the links',
  help: HELP,
  run: async (argv, output) => {
    const parsed = parse(argv, OPTIONS);
    if (!parsed.ok) return report(parsed.error, output, 'relay');
    const ending = new Ending();
    const plan = await readPlan(parsed.value, output, ending);
    if (!plan.ok) return report(plan.error, output, 'relay');
    // Before the links are told: whoever reads them may stop the relay in the next moment.
    ending.onSignals();
    const started = await Relay.start(plan.value.options);
    if (!started.ok) return report(started.error, output, 'relay');
    return serve(started.value, plan.value, parsed.value, output, ending);
  },
};

interface Plan {
  readonly options: RelayOptions;
  readonly demo: number;
}

async function serve(relay: Relay, plan: Plan, parsed: Parsed, output: Output, ending: Ending): Promise<number> {
  surviveMistakes(output);
  announce(relay, plan.options, parsed, output);
  const state = join(plan.options.dataFolder, 'demo');
  const demo = plan.demo === 0 ? null : startDemo(localLink(relay, plan.options), plan.demo, state, output);
  const why = await ending.wait();
  await stopAll(relay, demo);
  if (why === null) return EXIT.ok;
  return report(why, output, 'relay');
}

/**
 * Ledger and coordinator end the relay themselves when they cannot go on. Whatever else was not caught belongs to one request
 * or one socket: it is told and the others go on.
 */
function surviveMistakes(output: Output): void {
  const tell = (error: unknown): void => {
    output.err(`relay: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on('uncaughtException', tell).on('unhandledRejection', tell);
}

async function stopAll(relay: Relay, demo: Demo | null): Promise<void> {
  await Promise.all([relay.stop('the organiser stopped it'), demo?.stop()]);
}

/** Ends by a signal (null) or by a failure of the relay. */
class Ending {
  #end: (why: Failure | null) => void = () => undefined;
  readonly #ended = new Promise<Failure | null>((resolve) => {
    this.#end = resolve;
  });

  readonly fatal = (failure: Failure): void => {
    this.#end(failure);
  };

  onSignals(): void {
    onStopSignals(() => this.#end(null));
  }

  wait(): Promise<Failure | null> {
    return this.#ended;
  }
}

/** Exactly the two links on stdout; everything else is a remark. */
function announce(relay: Relay, { server, dataFolder }: RelayOptions, parsed: Parsed, output: Output): void {
  const { joinUrl, audienceUrl, fingerprint, port, resumed, config } = relay;
  if (parsed.values['json'] === true) {
    output.out(JSON.stringify({ joinUrl, audienceUrl, fingerprint, port, resumed, runId: config.runId, dataFolder }));
  } else {
    output.out(`Join:       ${joinUrl}`);
    output.out(`Big screen: ${audienceUrl}`);
  }
  if (resumed) {
    output.err(`Going on with the run "${config.name}" in ${dataFolder} (--new-run starts another).`);
    const ignored = RUN_OPTIONS.filter((name) => parsed.values[name] !== undefined);
    if (ignored.length > 0)
      output.err(`Not used, because the run has begun: ${ignored.map((name) => `--${name}`).join(' ')}`);
  }
  const address = lanAddress();
  if (server.tls !== null || server.publicUrl !== null || !isEverywhere(server.host) || address === null) return;
  output.err(
    `Phones and other machines reach http://${address}:${port}, but browsers give them WebGPU and WebCrypto only over TLS: --tls-cert and --tls-key, or a proxy and --public-url.`,
  );
}

async function readPlan(parsed: Parsed, output: Output, ending: Ending): Promise<Result<Plan>> {
  if (parsed.positionals.length > 0) return usage(`"${parsed.positionals.join(' ')}" is not understood`);
  const server = serverOptions(parsed);
  if (!server.ok) return server;
  const wishes = runWishes(parsed);
  if (!wishes.ok) return wishes;
  const demo = numberOption(parsed, 'demo', { min: 0, max: DEMO_MAX, whole: true });
  if (!demo.ok) return demo;
  const text = await probeText(textOption(parsed, 'probe'));
  if (!text.ok) return text;
  const options: RelayOptions = {
    dataFolder: textOption(parsed, 'data') ?? './data',
    webFolder: textOption(parsed, 'web') ?? fileURLToPath(new URL('../web', import.meta.url)),
    modelId: textOption(parsed, 'model') ?? MODEL_ID,
    server: server.value,
    baseUrl: (port) => baseUrl(server.value, port),
    wishes: wishes.value,
    newRun: parsed.values['new-run'] === true,
    suite: await openSuite(secureRng),
    clock: realClock,
    rng: secureRng,
    probe: (model, { adapter, training }) =>
      new ThreadProbe(
        {
          model: model.files,
          spec: adapter,
          sequenceLength: training.sequenceLength,
          text: text.value,
          examplesMax: PROBE_EXAMPLES_MAX,
        },
        (problem) => output.err(`The model could not be measured: ${problem}`),
      ),
    onFatal: ending.fatal,
  };
  return ok({ options, demo: demo.value ?? 0 });
}

function serverOptions(parsed: Parsed): Result<RelayOptions['server']> {
  const port = numberOption(parsed, 'port', { min: 0, max: 65_535, whole: true });
  if (!port.ok) return port;
  const certPath = textOption(parsed, 'tls-cert');
  const keyPath = textOption(parsed, 'tls-key');
  if ((certPath === null) !== (keyPath === null)) return usage('--tls-cert and --tls-key belong together');
  const given = textOption(parsed, 'public-url');
  const publicUrl = given !== null && URL.canParse(given) ? new URL(given) : null;
  if (given !== null && (publicUrl === null || !/^https?:$/.test(publicUrl.protocol) || publicUrl.pathname !== '/'))
    return usage(`--public-url is "${given}", expected an address like https://train.example`);
  return ok({
    host: textOption(parsed, 'host') ?? '0.0.0.0',
    port: port.value ?? 8787,
    tls: certPath === null || keyPath === null ? null : { certPath, keyPath },
    publicUrl,
  });
}

function runWishes(parsed: Parsed): Result<RunWishes> {
  const rounds = numberOption(parsed, 'rounds', { min: 1, max: 1_000_000, whole: true });
  if (!rounds.ok) return rounds;
  const deadline = numberOption(parsed, 'deadline-s', { min: 0.5, max: 86_400 });
  if (!deadline.ok) return deadline;
  const least = numberOption(parsed, 'min-participants', { min: 1, max: 10_000, whole: true });
  if (!least.ok) return least;
  const noise = numberOption(parsed, 'noise-multiplier', { min: 0, max: 1000 });
  if (!noise.ok) return noise;
  const epsilon = numberOption(parsed, 'epsilon', { min: EPSILON_MIN, max: 1000 });
  if (!epsilon.ok) return epsilon;
  const name = textOption(parsed, 'name') ?? 'Plaquette run';
  if (name.trim() === '' || name.length > NAME_MAX)
    return usage(`--name has ${name.length} characters, expected 1 to ${NAME_MAX}`);
  const off = parsed.values['no-noise'] === true;
  if (off && noise.value !== null) return usage('--no-noise and --noise-multiplier contradict each other');
  return ok({
    name,
    noise: !off && noise.value !== 0,
    privacy: {
      ...(noise.value === null ? {} : { noiseMultiplier: noise.value }),
      ...(epsilon.value === null ? {} : { epsilonBudget: epsilon.value }),
    },
    rounds: {
      ...(rounds.value === null ? {} : { roundsMax: rounds.value }),
      ...(deadline.value === null ? {} : { deadlineMs: 1000 * deadline.value }),
      ...(least.value === null ? {} : { participantsMin: least.value, ...cohortFor(least.value) }),
    },
  });
}

/** A round cannot need more participants than it invites. */
function cohortFor(participantsMin: number): { readonly cohortTarget?: number } {
  return participantsMin > 64 ? { cohortTarget: participantsMin } : {};
}

async function probeText(file: string | null): Promise<Result<string>> {
  if (file === null) return ok(sampleProbeText());
  try {
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return fail('CLI_READ', `--probe: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The address for people: the public one, the network's where TLS makes it useful, this machine's otherwise. */
function baseUrl({ host, tls, publicUrl }: RelayOptions['server'], port: number): string {
  if (publicUrl !== null) return publicUrl.origin;
  const scheme = tls === null ? 'http' : 'https';
  if (!isEverywhere(host)) return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const visible = tls === null ? 'localhost' : (lanAddress() ?? 'localhost');
  return `${scheme}://${visible}:${port}`;
}

function localLink(relay: Relay, { server }: RelayOptions): string {
  const host = isEverywhere(server.host) ? '127.0.0.1' : server.host.includes(':') ? `[${server.host}]` : server.host;
  return `${server.tls === null ? 'http' : 'https'}://${host}:${relay.port}/#k=${relay.fingerprint}`;
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function lanAddress(): string | null {
  for (const addresses of Object.values(networkInterfaces()))
    for (const { family, internal, address } of addresses ?? []) if (family === 'IPv4' && !internal) return address;
  return null;
}
