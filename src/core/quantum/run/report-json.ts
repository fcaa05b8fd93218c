import type { CircuitReport, OptimiseReport } from '../../contracts/circuit-service.ts';

/**
 * The JSON of a run, with one order of keys on the command line and in the console. The first nine keys are the ones that
 * other programs rely on; the rest explains.
 */
export function circuitReportJson(report: CircuitReport): CircuitReport {
  const { qubits, engine, precision, seconds, amplitudes, probabilities, marginals, expectations, counts } = report;
  const { clbits, device, threads, plan, bloch, notes } = report;
  return {
    qubits,
    engine,
    precision,
    seconds,
    amplitudes,
    probabilities,
    marginals,
    expectations,
    counts,
    clbits,
    device,
    threads,
    plan,
    bloch,
    notes,
  };
}

/** The JSON of an optimisation; the program itself comes last because it is long. */
export function optimiseReportJson(report: OptimiseReport): OptimiseReport {
  const { before, after, seconds, equivalence, changed, permutation, qasm } = report;
  return { before, after, seconds, equivalence, changed, permutation, qasm };
}
