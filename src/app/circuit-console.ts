import type { CallOptions, CircuitClient } from '../clients/circuit-client.ts';
import type {
  CircuitReport,
  CircuitRequest,
  OptimiseReport,
  OptimiseRequest,
} from '../core/contracts/circuit-service.ts';
import type { Result } from '../core/lib/result.ts';
import { circuitReportJson, optimiseReportJson } from '../core/quantum/run/report-json.ts';

/** What people get by typing `plaquette` into the console of the page. Failures are thrown, as consoles show those best. */
export interface CircuitConsole {
  /** The same JSON as `plaquette circuit run --json`: same keys, same order. */
  run(qasm: string, options?: Omit<CircuitRequest, 'qasm'> & CallOptions): Promise<CircuitReport>;
  /** The same JSON as `plaquette circuit optimise --json`, with the program. */
  optimise(qasm: string, options?: Omit<OptimiseRequest, 'qasm'> & CallOptions): Promise<OptimiseReport>;
  /** The circuit as text. */
  draw(qasm: string): Promise<string>;
}

/** Installs `globalThis.plaquette.circuit`. `open` is called at the first use: most visitors never do. */
export function installCircuitConsole(open: () => CircuitClient): void {
  let client: CircuitClient | null = null;
  const opened = (): CircuitClient => (client ??= open());
  const circuit: CircuitConsole = {
    run: async (qasm, { signal, deadlineMs, ...options } = {}) =>
      circuitReportJson(valueOf(await opened().run({ ...options, qasm }, callOptions(signal, deadlineMs)))),
    optimise: async (qasm, { signal, deadlineMs, ...options } = {}) =>
      optimiseReportJson(valueOf(await opened().optimise({ ...options, qasm }, callOptions(signal, deadlineMs)))),
    draw: async (qasm) => {
      const [{ parseQasm }, { drawCircuit }] = await Promise.all([
        import('../core/quantum/qasm/parse-qasm.ts'),
        import('../core/quantum/diagram/draw-circuit.ts'),
      ]);
      return drawCircuit(valueOf(parseQasm(qasm)));
    },
  };
  const known: unknown = Reflect.get(globalThis, 'plaquette');
  Object.assign(globalThis, { plaquette: { ...(typeof known === 'object' ? known : null), circuit } });
}

function callOptions(signal: AbortSignal | undefined, deadlineMs: number | undefined): CallOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}

/** The sentence of a failure, with its code and whatever else it carries (line and column of a mistake). */
function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code, message } = result.error;
  throw Object.assign(new Error(`${message} (${code})`), result.error, { message: `${message} (${code})` });
}
