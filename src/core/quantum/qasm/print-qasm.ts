import { ok, type Result } from '../../lib/result.ts';
import type { Circuit, GateOperation, IfOperation, Operation, UnitaryStep } from '../circuit/circuit.ts';
import { angleText, isFiniteAngle } from './angle-text.ts';
import { QasmStop, unprintable, type QasmFailure } from './failure.ts';
import { controlledStep } from './gate.ts';
import { CONTROLS_MAX_2, ownDefinition } from './own-definitions.ts';
import { calledName, namesOf, type Names } from './print-names.ts';
import { twoLevelSteps, UNITARY_TEXT_QUBITS_MAX } from './two-level.ts';

/**
 * The circuit as OpenQASM 2, or as OpenQASM 3 when asked for or where version 2 cannot say it (symbolic angles, conditions other
 * than on a whole register). Reading it back gives a circuit that acts the same, angles to the last bit; only dense matrices
 * become gates. Failure QASM_UNPRINTABLE: channels, readout errors, matrices on more than 6 qubits, angles that are no finite
 * numbers, or what version 2 lacks when it was asked for.
 */
export function printQasm(circuit: Circuit, version?: 2 | 3): Result<string, QasmFailure> {
  const reason = reasonFor3(circuit);
  if (version === 2 && reason !== null)
    return { ok: false, error: unprintable(reason, 'what OpenQASM 2 can say; print the circuit as OpenQASM 3') };
  const chosen = version ?? (reason === null ? 2 : 3);
  try {
    return ok(new Printer(circuit, chosen).text());
  } catch (stop) {
    if (!(stop instanceof QasmStop)) throw stop;
    return { ok: false, error: stop.failure };
  }
}

/** What OpenQASM 2 cannot say, or null. */
function reasonFor3(circuit: Circuit): string | null {
  if (circuit.parameters.length > 0) return `the parameter ${circuit.parameters[0]}`;
  for (const operation of circuit.operations) {
    if (operation.kind === 'gate') {
      if (operation.params.some((angle) => typeof angle !== 'number')) return `a symbolic angle of ${operation.name}`;
      if (operation.controls.length > CONTROLS_MAX_2)
        return `${operation.name} with ${operation.controls.length} controls`;
    }
    const reason = operation.kind === 'if' ? conditionReason(operation, circuit) : null;
    if (reason !== null) return reason;
  }
  return null;
}

function conditionReason({ clbits, then, otherwise }: IfOperation, circuit: Circuit): string | null {
  if (otherwise.length > 0) return 'a condition with an else branch';
  const register = wholeRegister(clbits, circuit.classicalRegisters);
  if (register === null) return 'a condition on bits that are no whole classical register';
  for (const [i, operation] of then.entries()) {
    if (operation.kind === 'if') return 'a condition within a condition';
    if (operation.kind === 'gate' && operation.params.some((angle) => typeof angle !== 'number'))
      return 'a symbolic angle';
    // Every statement of version 2 has its own condition: a measurement into the register would change those after it.
    if (operation.kind === 'measure' && clbits.includes(operation.clbit) && i < then.length - 1)
      return 'a condition whose operations change its own bits';
  }
  return null;
}

function wholeRegister<R extends { readonly offset: number; readonly size: number }>(
  clbits: readonly number[],
  registers: readonly R[],
): R | null {
  const found = registers.find(({ offset, size }) => size === clbits.length && size > 0 && offset === clbits[0]);
  return found !== undefined && clbits.every((bit, i) => bit === found.offset + i) ? found : null;
}

class Printer {
  readonly #circuit: Circuit;
  readonly #version: 2 | 3;
  readonly #names: Names;
  readonly #definitions = new Map<string, string>();
  /** Names of gates that were looked up, with or without a definition. */
  readonly #known = new Set<string>();
  readonly #lines: string[] = [];

  constructor(circuit: Circuit, version: 2 | 3) {
    this.#circuit = circuit;
    this.#version = version;
    this.#names = namesOf(circuit, version);
  }

  text(): string {
    for (const operation of this.#circuit.operations) this.#operation(operation, '');
    const head =
      this.#version === 2 ? ['OPENQASM 2.0;', 'include "qelib1.inc";'] : ['OPENQASM 3.0;', 'include "stdgates.inc";'];
    return [...head, ...this.#definitions.values(), ...this.#names.declarations, ...this.#lines, ''].join('\n');
  }

  /** `before` is the indentation of version 3, the condition of version 2. */
  #operation(operation: Operation, before: string): void {
    const { qubit, bit } = this.#names;
    switch (operation.kind) {
      case 'gate':
        return this.#gate(operation, before);
      case 'unitary': {
        const { targets, label } = operation;
        if (targets.length > UNITARY_TEXT_QUBITS_MAX)
          return this.#refuse(
            `matrix ${label} on ${targets.length} qubits`,
            `matrices on at most ${UNITARY_TEXT_QUBITS_MAX} qubits`,
          );
        for (const step of twoLevelSteps(operation)) this.#gate(step as UnitaryStep & GateOperation, before);
        return;
      }
      case 'channel':
        return this.#refuse(`channel ${operation.label}`, 'a circuit without noise; OpenQASM has no channels');
      case 'measure':
        if (operation.flip !== undefined)
          return this.#refuse(
            'a measurement with readout errors',
            'a circuit without noise; OpenQASM has no readout errors',
          );
        this.#lines.push(
          this.#version === 2
            ? `${before}measure ${qubit(operation.qubit)} -> ${bit(operation.clbit)};`
            : `${before}${bit(operation.clbit)} = measure ${qubit(operation.qubit)};`,
        );
        return;
      case 'reset':
        this.#lines.push(`${before}reset ${qubit(operation.qubit)};`);
        return;
      case 'barrier':
        if (operation.qubits.length > 0)
          this.#lines.push(`${before}barrier ${operation.qubits.map(qubit).join(', ')};`);
        return;
      case 'if':
        return this.#condition(operation, before);
    }
  }

  #gate(step: GateOperation, before: string): void {
    const gate = controlledStep(step, []) as GateOperation;
    const { name, params, targets } = gate;
    // An identity does nothing with controls, either, and qelib1.inc has none with them.
    const controls = name === 'id' && this.#version === 2 ? [] : gate.controls;
    if (controls.length > CONTROLS_MAX_2 && this.#version === 2)
      return this.#refuse(
        `${name} with ${controls.length} controls`,
        `at most ${CONTROLS_MAX_2} controls in OpenQASM 2`,
      );
    const called = calledName(name, controls.length, this.#version);
    this.#define(called.replace(/^.*@ /, ''));
    const odd = params.find((angle) => !isFiniteAngle(angle));
    if (odd !== undefined)
      return this.#refuse(
        typeof odd === 'number' ? `angle ${odd} of ${name}` : `an angle of ${name} with NaN or infinity in it`,
        'finite numbers',
      );
    const angles = params.map((angle) => angleText(angle, this.#names.parameter));
    const on = [...controls, ...targets].map(this.#names.qubit);
    if (on.length === 0 && this.#version === 2) {
      if (this.#circuit.qubits === 0) return this.#refuse('a global phase without qubits', 'a qubit in the circuit');
      on.push(this.#names.qubit(0));
    }
    const list = angles.length === 0 ? '' : `(${angles.join(', ')})`;
    this.#lines.push(`${before}${called}${list}${on.length === 0 ? '' : ` ${on.join(', ')}`};`);
  }

  /** Puts the definition of a gate, and those that it needs, in front of the program. */
  #define(name: string): void {
    if (this.#known.has(name)) return;
    this.#known.add(name);
    const own = ownDefinition(name, this.#version);
    if (own === null) return;
    for (const other of own.needs) this.#define(other);
    this.#definitions.set(name, own.text);
  }

  #condition(operation: IfOperation, before: string): void {
    const { clbits, equals, then, otherwise } = operation;
    const register = wholeRegister(clbits, this.#names.classical);
    const possible = Number.isInteger(equals) && equals >= 0 && equals < 2 ** clbits.length;
    if (this.#version === 2) {
      if (!possible || register === null) return;
      for (const inner of then) this.#operation(inner, `if(${register.name}==${equals}) `);
      return;
    }
    if (clbits.length === 0 || !possible) {
      for (const inner of possible ? then : otherwise) this.#operation(inner, before);
      return;
    }
    const bits = clbits.map((bit, k) => (Math.floor(equals / 2 ** k) % 2 === 1 ? '' : '!') + this.#names.bit(bit));
    this.#lines.push(`${before}if (${register === null ? bits.join(' && ') : `${register.name} == ${equals}`}) {`);
    for (const inner of then) this.#operation(inner, `${before}  `);
    if (otherwise.length > 0) {
      this.#lines.push(`${before}} else {`);
      for (const inner of otherwise) this.#operation(inner, `${before}  `);
    }
    this.#lines.push(`${before}}`);
  }

  #refuse(found: string, expected: string): never {
    throw new QasmStop(unprintable(found, expected));
  }
}
