import { assert } from '../../lib/assert.ts';
import type { Angle } from '../circuit/angle.ts';
import { inverseOf } from '../circuit/builder.ts';
import type { BarrierOperation, GateName, UnitaryStep } from '../circuit/circuit.ts';
import { GATES } from '../circuit/gate-table.ts';
import { GateProblem } from './failure.ts';
import { fractionalPower } from './fractional-power.ts';

/** What a gate becomes. */
export type Step = UnitaryStep | BarrierOperation;

/** A gate as a program sees it: so many angles, so many qubits, and how to write it with the gates of the representation. */
export interface Gate {
  readonly name: string;
  readonly params: number;
  readonly qubits: number;
  /** Upper bound of the calls and steps of one expansion, so that a program is refused before it fills the memory. */
  readonly cost: number;
  /** Levels of definitions below this gate. */
  readonly depth: number;
  /** Made here, not by the program, so that its name says what it does (own-definitions.ts relies on it). */
  readonly trusted: boolean;
  /** Appends the steps on these qubits. Throws a GateProblem. */
  readonly build: (params: readonly Angle[], qubits: readonly number[], out: Step[]) => void;
}

/** Definitions and modifiers above each other; each level is a few stack frames when the gate is expanded. */
export const GATE_DEPTH_MAX = 256;

const NONE: readonly never[] = [];

/** A gate of the representation whose first `controls` qubits are controls. */
export function native(name: string, base: GateName, controls = 0): Gate {
  const spec = GATES[base];
  const build =
    controls === 0
      ? (params: readonly Angle[], qubits: readonly number[], out: Step[]): void => {
          out.push({ kind: 'gate', name: base, params, targets: qubits, controls: NONE });
        }
      : (params: readonly Angle[], qubits: readonly number[], out: Step[]): void => {
          const targets = qubits.slice(controls);
          out.push({ kind: 'gate', name: base, params, targets, controls: qubits.slice(0, controls) });
        };
  return { name, params: spec.params.length, qubits: controls + spec.targets, cost: 1, depth: 1, trusted: true, build };
}

/** Controls in front of the other qubits; with `negative` the gate acts where all of them are 0. */
export function controlledGate(gate: Gate, controls: number, negative: boolean): Gate {
  return {
    name: gate.name,
    params: gate.params,
    qubits: gate.qubits + controls,
    cost: gate.cost + (negative ? 2 * controls : 0) + 1,
    depth: gate.depth + 1,
    trusted: false,
    build: (params, qubits, out) => {
      const added = qubits.slice(0, controls);
      const flip = (): void => {
        if (negative) for (const qubit of added) out.push(flipOf(qubit));
      };
      const inner: Step[] = [];
      gate.build(params, qubits.slice(controls), inner);
      flip();
      for (const step of inner) out.push(step.kind === 'barrier' ? step : controlledStep(step, added));
      flip();
    },
  };
}

const flipOf = (qubit: number): Step => ({ kind: 'gate', name: 'x', params: NONE, targets: [qubit], controls: NONE });

/** A global phase under controls is a phase of the last control. */
export function controlledStep(step: UnitaryStep, added: readonly number[]): UnitaryStep {
  const controls = [...added, ...step.controls];
  const last = controls.at(-1);
  if (step.kind === 'gate' && step.name === 'gphase' && last !== undefined)
    return { ...step, name: 'p', targets: [last], controls: controls.slice(0, -1) };
  return { ...step, controls };
}

export function inverseGate(gate: Gate): Gate {
  return {
    ...gate,
    cost: gate.cost + 1,
    depth: gate.depth + 1,
    trusted: false,
    build: (params, qubits, out) => {
      const inner: Step[] = [];
      gate.build(params, qubits, inner);
      for (const step of inner.reverse()) out.push(step.kind === 'barrier' ? step : inverseOf(step));
    },
  };
}

/** Whole exponents repeat; others are principal powers (fractional-power.ts). Symbolic exponents are refused by the caller. */
export function powerGate(gate: Gate, exponent: number): Gate {
  const whole = Number.isInteger(exponent);
  if (whole && exponent < 0) return powerGate(inverseGate(gate), -exponent);
  return {
    ...gate,
    cost: gate.cost * (whole ? Math.max(1, exponent) : 1) + 1,
    depth: gate.depth + 1,
    trusted: false,
    build: (params, qubits, out) => {
      const inner: Step[] = [];
      gate.build(params, qubits, inner);
      if (!whole) {
        const steps = inner.filter((step): step is UnitaryStep => step.kind !== 'barrier');
        for (const step of fractionalPower(steps, exponent, gate.name)) out.push(step);
        return;
      }
      for (let k = 0; k < exponent; k++) for (const step of inner) out.push(step);
    },
  };
}

/** A gate that was declared without a body: its call is refused. */
export function opaqueGate(name: string, params: number, qubits: number): Gate {
  return {
    name,
    params,
    qubits,
    cost: 1,
    depth: 1,
    trusted: false,
    build: () => {
      throw new GateProblem(
        'QASM_OPAQUE',
        `a gate with a body: ${name} is opaque, so nobody knows what it does; define it with "gate"`,
      );
    },
  };
}

/** A gate of the library that is several steps, written as `name qubit qubit` parts: `h 2, t 2, cx 1 2`. */
export function composed(name: string, qubits: number, text: string, gates: ReadonlyMap<string, Gate>): Gate {
  const calls = text.split(', ').map((part) => {
    const [called = '', ...places] = part.split(' ');
    const gate = gates.get(called);
    assert(gate !== undefined && gate.params === 0 && gate.qubits === places.length, `library gate ${name}: ${part}`);
    return { gate, places: places.map(Number) };
  });
  return {
    name,
    params: 0,
    qubits,
    cost: calls.length + 1,
    depth: 2,
    trusted: true,
    build: (_, on, out) => {
      for (const { gate, places } of calls)
        gate.build(
          NONE,
          places.map((place) => on[place] as number),
          out,
        );
    },
  };
}
