import { writeFile } from 'node:fs/promises';
import type { CircuitReport, OptimiseRequest } from '../../src/core/contracts/circuit-service.ts';
import { fail, ok, type Failure, type Result } from '../../src/core/lib/result.ts';
import { parseQasm } from '../../src/core/quantum/qasm/parse-qasm.ts';
import { circuitReportJson, optimiseReportJson } from '../../src/core/quantum/run/report-json.ts';
import { runCircuit } from '../../src/core/quantum/run/run-circuit.ts';
import { realClock } from '../../src/platform/host.ts';
import { createNodeEngines } from '../circuit/engines.ts';
import { oneOf, readModel, requestOf, RUN_OPTIONS } from '../circuit/options.ts';
import { excerpt, placed, readSource, type Source } from '../circuit/source.ts';
import { optimiseTable, runTable } from '../circuit/table.ts';
import {
  EXIT,
  parse,
  report,
  textOption,
  usage,
  type Command,
  type OptionSpecs,
  type Output,
  type Parsed,
} from '../command.ts';

const HELP = `plaquette circuit run FILE [options]
plaquette circuit optimise FILE --out FILE [options]
plaquette circuit draw FILE [--svg FILE]

Simulates, shortens or draws a quantum circuit in OpenQASM 2 or 3. FILE may be - for standard input.

run
  --engine E         auto, wasm or cpu (default auto: wasm where it starts)
  --precision P      f32 or f64 (default f32; cpu is always f64)
  --threads N        default: as many as the machine has
  --shots N          samples to draw, up to 100 million (default 0)
  --seed S           of samples, measurements and noise (default 0)
  --observables L    Pauli strings or sums, the highest qubit first: "ZZIX,0.5*XIYZ-ZIII"
  --amplitudes A     all, none or basis-state indices like 0,5,12 (default: all up to 12 qubits)
  --noise FILE       device model (JSON): a noisy run
  --values L         of the circuit's parameters: theta=0.5,phi=-3*pi/4
  --operations N     stop after this many operations
  --bloch            also the Bloch vector of every qubit
  --json             {"qubits", "engine", "precision", "seconds", "amplitudes", "probabilities", "marginals",
                     "expectations", "counts", ...}; bit k of an index is qubit k in order of declaration, keys of
                     counts have the highest classical bit first

optimise
  --out FILE         where the result goes (OpenQASM 2)
  --objective O      gates, two-qubit, t, depth or noise (default gates); noise needs --noise FILE
  --json             counts before and after, seconds, and how equivalence was checked

draw
  --svg FILE         write a picture instead of text`;

export const circuitCommand: Command = {
  summary: 'simulate, shorten or draw a quantum circuit',
  help: HELP,
  run: async (argv, output) => {
    const [action, ...rest] = argv;
    if (action === 'run') return act(rest, RUN_OPTIONS, output, run);
    if (action === 'optimise') return act(rest, OPTIMISE_OPTIONS, output, optimise);
    if (action === 'draw') return act(rest, { svg: { type: 'string' } }, output, draw);
    return told(misuse(`got "${action ?? ''}", expected run, optimise or draw`), output);
  },
};

const OPTIMISE_OPTIONS: OptionSpecs = {
  out: { type: 'string' },
  objective: { type: 'string' },
  noise: { type: 'string' },
  json: { type: 'boolean' },
};

/** What the action prints. */
type Action = (parsed: Parsed, source: Source) => Promise<Result<string>>;

async function act(argv: readonly string[], options: OptionSpecs, output: Output, action: Action): Promise<number> {
  const parsed = parse(argv, options);
  if (!parsed.ok) return told(parsed.error, output);
  const [path, ...more] = parsed.value.positionals;
  if (path === undefined || more.length > 0)
    return told(misuse(`got ${parsed.value.positionals.length} files, expected one (- is standard input)`), output);
  const source = await readSource(path);
  if (!source.ok) return told(source.error, output);
  const done = await action(parsed.value, source.value);
  if (!done.ok) return told(done.error, output, source.value);
  output.out(done.value);
  return EXIT.ok;
}

const misuse = (message: string): Failure => ({ code: 'CLI_USAGE', message, retry: false });

/** The exit code of a failure, after it was told; mistakes in a program with their line. */
function told(error: Failure, output: Output, source?: Source): number {
  if (source === undefined) return report(error, output, 'circuit');
  const code = report({ ...error, message: `${placed(source, error)}${error.message}` }, output, 'circuit');
  for (const line of excerpt(source, error)) output.err(line);
  return code;
}

const asJson = (parsed: Parsed): boolean => parsed.values['json'] === true;

async function run(parsed: Parsed, { text }: Source): Promise<Result<string>> {
  const request = await requestOf(parsed, text);
  if (!request.ok) return request;
  const engines = createNodeEngines();
  try {
    const done = await runCircuit(request.value, { openEngine: engines.open, clock: realClock });
    if (!done.ok) return done;
    const { amplitudes } = request.value;
    const indices = Array.isArray(amplitudes) ? (amplitudes as readonly number[]) : null;
    return ok(asJson(parsed) ? json(done.value) : runTable(done.value, indices));
  } finally {
    engines.dispose();
  }
}

const json = (report_: CircuitReport): string => JSON.stringify(circuitReportJson(report_));

async function optimise(parsed: Parsed, { text }: Source): Promise<Result<string>> {
  const out = textOption(parsed, 'out');
  if (out === null) return usage('--out is missing: where should the result go?');
  const objective = oneOf(parsed, 'objective', ['gates', 'two-qubit', 't', 'depth', 'noise'] as const);
  if (!objective.ok) return objective;
  const noise = await readModel(textOption(parsed, 'noise'));
  if (!noise.ok) return noise;
  if (objective.value === 'noise' && noise.value === null)
    return usage('--objective noise needs a device model: --noise FILE');
  const request: OptimiseRequest = {
    qasm: text,
    ...(objective.value === null ? {} : { objective: objective.value }),
    ...(noise.value === null ? {} : { noise: noise.value }),
  };
  const { optimiseCircuit } = await import('../../src/core/quantum/run/optimise-circuit.ts');
  const done = await optimiseCircuit(request, { clock: realClock });
  if (!done.ok) return done;
  const written = await write(out, done.value.qasm);
  if (!written.ok) return written;
  if (!asJson(parsed)) return ok(optimiseTable(done.value));
  const { qasm: _, ...rest } = optimiseReportJson(done.value);
  return ok(JSON.stringify({ ...rest, out }));
}

async function draw(parsed: Parsed, { text }: Source): Promise<Result<string>> {
  const circuit = parseQasm(text);
  if (!circuit.ok) return circuit;
  const svg = textOption(parsed, 'svg');
  if (svg === null) {
    const { drawCircuit } = await import('../../src/core/quantum/diagram/draw-circuit.ts');
    return ok(drawCircuit(circuit.value));
  }
  const { drawSvg } = await import('../../src/core/quantum/diagram/draw-svg.ts');
  const written = await write(svg, drawSvg(circuit.value));
  return written.ok ? ok(`${svg}: written`) : written;
}

async function write(path: string, text: string): Promise<Result<null>> {
  try {
    await writeFile(path, text);
    return ok(null);
  } catch (error) {
    return fail('CLI_WRITE', `${path} cannot be written (${error instanceof Error ? error.message : String(error)})`);
  }
}
