import { at } from '../../lib/assert.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import { derivative, evaluate, parametersOf, type Bindings } from '../circuit/angle.ts';
import { checkBindings } from '../circuit/check.ts';
import type { Circuit, GateName, GateOperation, Operation } from '../circuit/circuit.ts';
import type { QuantumEngine } from './engine.ts';
import type { PauliSum } from './pauli.ts';

/**
 * All derivatives of <H> by the parameter-shift rule: the slow, independent check of the adjoint method. Exact for every gate:
 * as a function of one angle the expectation is a trigonometric polynomial with the frequencies base, 2 base ... terms*base,
 * and its derivative is a weighted sum of 2*terms values (Wierichs et al. 2022, arXiv:2107.12390; for one term the
 * rule of Schuld et al. 2019). Runs 2 or 4 circuits for every symbolic angle. Unitary circuits only.
 */
export async function parameterShift(
  engine: QuantumEngine,
  circuit: Circuit,
  observable: PauliSum,
  values: ArrayLike<number>,
): Promise<Result<Float64Array>> {
  const checked = checkBindings(circuit, values);
  if (!checked.ok) return checked;
  const bindings = checked.value;
  const gradient = new Float64Array(circuit.parameters.length);
  for (const [index, operation] of circuit.operations.entries()) {
    if (operation.kind !== 'gate' && operation.kind !== 'unitary' && operation.kind !== 'barrier')
      return fail(
        'QUANTUM_GRADIENT',
        `the circuit contains "${operation.kind}"; gradients need unitary operations only`,
      );
    if (operation.kind !== 'gate') continue;
    for (const [which, angle] of operation.params.entries()) {
      const names = parametersOf(angle);
      if (names.size === 0) continue;
      const value = evaluate(angle, bindings);
      const energyAt = (shift: number): Promise<Result<number>> =>
        energy(engine, withAngle(circuit, index, operation, which, value + shift), observable, values);
      const slope = await shiftRule(spectrumOf(operation, which), energyAt);
      if (!slope.ok) return slope;
      addChain(gradient, circuit, operation, which, slope.value, bindings);
    }
  }
  return ok(gradient);
}

interface Spectrum {
  readonly base: number;
  readonly terms: 1 | 2;
}

/** Under a control the eigenvalue 0 joins those of the generator, so differences of half of them appear. */
function spectrumOf({ name, controls }: GateOperation, which: number): Spectrum {
  const phases: readonly GateName[] = ['gphase', 'p'];
  if (phases.includes(name) || (name === 'u' && which > 0)) return { base: 1, terms: 1 };
  if (name === 'xxplusyy') return which === 0 ? { base: 0.5, terms: 2 } : { base: 1, terms: 2 };
  return controls.length > 0 ? { base: 0.5, terms: 2 } : { base: 1, terms: 1 };
}

async function shiftRule(
  { base, terms }: Spectrum,
  energyAt: (shift: number) => Promise<Result<number>>,
): Promise<Result<number>> {
  let slope = 0;
  for (let m = 1; m <= 2 * terms; m++) {
    const x = ((2 * m - 1) * Math.PI) / (2 * terms);
    const value = await energyAt(x / base);
    if (!value.ok) return value;
    const weight = (m % 2 === 1 ? 1 : -1) / (4 * terms * Math.sin(x / 2) ** 2);
    slope += base * weight * value.value;
  }
  return ok(slope);
}

function withAngle(circuit: Circuit, index: number, gate: GateOperation, which: number, angle: number): Circuit {
  const changed: Operation = { ...gate, params: gate.params.map((old, i) => (i === which ? angle : old)) };
  return { ...circuit, operations: circuit.operations.with(index, changed) };
}

async function energy(
  engine: QuantumEngine,
  circuit: Circuit,
  observable: PauliSum,
  values: ArrayLike<number>,
): Promise<Result<number>> {
  const prepared = await engine.prepare(circuit);
  if (!prepared.ok) return prepared;
  const run = await engine.run(prepared.value, { values });
  if (!run.ok) return run;
  const terms = await run.value.state.expectations(observable);
  run.value.state.dispose();
  return terms.ok ? ok(terms.value.reduce((sum, term) => sum + term, 0)) : terms;
}

function addChain(
  gradient: Float64Array,
  circuit: Circuit,
  gate: GateOperation,
  which: number,
  slope: number,
  bindings: Bindings,
): void {
  const angle = at(gate.params, which);
  for (const name of parametersOf(angle)) {
    const i = circuit.parameters.indexOf(name);
    gradient[i] = at(gradient, i) + slope * derivative(angle, bindings, name);
  }
}
