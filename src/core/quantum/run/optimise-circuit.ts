import type { OptimiseReport, OptimiseRequest } from '../../contracts/circuit-service.ts';
import { fail, ok, type Failure, type Result } from '../../lib/result.ts';
import type { Clock } from '../../lib/world.ts';
import { parseDeviceModel } from '../noise/device-model.ts';
import { optimise, type ErrorRates } from '../optimise/optimise.ts';
import { parseQasm } from '../qasm/parse-qasm.ts';
import { printQasm } from '../qasm/print-qasm.ts';
import { checkQasm, isRecord, refused } from './check-request.ts';
import { errorRatesOf } from './error-rates.ts';

export interface OptimiseWorld {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const OBJECTIVES: ReadonlySet<unknown> = new Set(['gates', 'two-qubit', 't', 'depth', 'noise']);

/**
 * A shorter program for the same circuit, up to global phase; seconds are those of the search and its check. The result is
 * OpenQASM 2 where that can say it. Failures: QASM_*, QUANTUM_REQUEST, QUANTUM_DEVICE_MODEL, and those of the optimiser.
 */
export async function optimiseCircuit(request: OptimiseRequest, world: OptimiseWorld): Promise<Result<OptimiseReport>> {
  const checked = checkOptimiseRequest(request);
  if (!checked.ok) return checked;
  const circuit = parseQasm(request.qasm);
  if (!circuit.ok) return circuit;
  const device = deviceOf(request, circuit.value.qubits);
  if (!device.ok) return device;
  const { clock, signal } = world;
  const started = clock.monotonic();
  const optimised = optimise(circuit.value, {
    clock,
    ...(request.objective === undefined ? {} : { objective: request.objective }),
    ...(device.value === null ? {} : { device: device.value }),
    ...(signal === undefined ? {} : { signal }),
  });
  const seconds = (clock.monotonic() - started) / 1000;
  if (!optimised.ok) return optimised;
  const { circuit: better, before, after, permutation, equivalence, changed } = optimised.value;
  // Nobody wants their own program back in other words.
  const qasm = changed ? printQasm(better) : ok(request.qasm);
  if (!qasm.ok) return qasm;
  return ok({ qasm: qasm.value, before, after, seconds, equivalence, changed, permutation });
}

function checkOptimiseRequest(request: OptimiseRequest): Result<null, Failure<'QUANTUM_REQUEST'>> {
  if (!isRecord(request)) return fail('QUANTUM_REQUEST', 'the request is no object with a field "qasm"');
  const unknown = Object.keys(request).find((key) => !['qasm', 'objective', 'noise'].includes(key));
  if (unknown !== undefined)
    return fail('QUANTUM_REQUEST', `there is no option "${unknown}"; there are qasm, objective, noise`);
  const { objective, qasm } = request as { readonly objective?: unknown; readonly qasm?: unknown };
  if (objective !== undefined && !OBJECTIVES.has(objective))
    return refused('objective', objective, [...OBJECTIVES].join(', '));
  return checkQasm(qasm);
}

function deviceOf({ noise }: OptimiseRequest, qubits: number): Result<ErrorRates | null> {
  if (noise === undefined || noise === null) return ok(null);
  const model = parseDeviceModel(noise);
  return model.ok ? errorRatesOf(model.value, qubits) : model;
}
