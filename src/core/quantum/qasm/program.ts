import type { Angle } from '../circuit/angle.ts';
import { OPERATIONS_MAX } from '../circuit/check.ts';
import type { Circuit, Operation, Register } from '../circuit/circuit.ts';
import { Expressions, isConstant, type Resolve, type Value } from './expression.ts';
import { GateProblem } from './failure.ts';
import { GATE_DEPTH_MAX, type Gate, type Step } from './gate.ts';
import { Lexer } from './lexer.ts';
import type { Library } from './library.ts';

/** No engine holds more than a few dozen qubits; a larger register is a slip, and would only fill the memory here. */
export const QUBITS_DECLARED_MAX = 100_000;
/** Statements, loop turns, calls and qubits touched: above the operations, since calls of empty gates count, too. */
const WORK_MAX = 4 * OPERATIONS_MAX;

/** One qubit or bit, or those of a register or slice. */
export type Operand = number | readonly number[];

export type Named =
  | { readonly kind: 'qubits' | 'bits'; readonly operand: Operand }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'gate'; readonly gate: Gate };

/** Where calls go while the body of a gate definition is read: qubits are then places in its list. */
export interface Body {
  readonly steps: BodyStep[];
  cost: number;
  depth: number;
}

export type BodyStep =
  | {
      readonly kind: 'call';
      readonly gate: Gate;
      readonly params: readonly Angle[];
      readonly qubits: readonly number[];
    }
  | { readonly kind: 'barrier'; readonly qubits: readonly number[] };

/** What both languages share while a program is read: names, registers, the operations so far and the budget. */
export class Program {
  readonly lexer: Lexer;
  readonly version: 2 | 3;
  readonly library: Library;
  readonly expressions: Expressions;
  /** Innermost scope last. */
  readonly scopes: Map<string, Named>[] = [new Map()];
  readonly quantumRegisters: Register[] = [];
  readonly classicalRegisters: Register[] = [];
  readonly parameters: string[] = [];
  qubits = 0;
  clbits = 0;
  /** Highest physical qubit in use, -1 without any. */
  physical = -1;
  included = false;
  out: Operation[] = [];
  body: Body | null = null;
  /** The gate whose body is read. */
  defining: string | null = null;
  operations = 0;
  #work = 0;
  readonly resolve: Resolve;

  constructor(lexer: Lexer, version: 2 | 3, library: Library) {
    this.lexer = lexer;
    this.version = version;
    this.library = library;
    this.expressions = new Expressions(lexer, version);
    this.resolve = (name) => {
      const named = this.find(name);
      if (named === undefined || named.kind === 'value') return named?.value;
      return this.lexer.fail('QASM_TYPE', `a number: ${name} is ${KINDS[named.kind]}`);
    };
  }

  find(name: string): Named | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const named = this.scopes[i]?.get(name);
      if (named !== undefined) return named;
    }
    return undefined;
  }

  /** `from` is the place of the name, which the lexer has just left. */
  declare(name: string, named: Named, from: number): void {
    const lexer: Lexer = this.lexer;
    const end = from + name.length;
    const scope = this.scopes.at(-1);
    // A register may be called like a library gate: programs of Qiskit's users do that, and no statement can confuse the two.
    const { builtin, hard } = this.library;
    const library = builtin.has(name) || (named.kind === 'gate' && this.included && hard.has(name));
    const owner = isConstant(name, this.version) ? 'a constant' : library && this.scopes.length === 1 ? 'a gate' : null;
    if (owner !== null)
      lexer.fail('QASM_NAME', `a name that is not taken: ${name} is ${owner} of the language or library`, from, end);
    if (scope?.has(name) === true)
      lexer.fail('QASM_NAME', `a name that is not taken: ${name} is declared already`, from, end);
    scope?.set(name, named);
  }

  /** The gate of this name, or undefined. The program's own come first. */
  gate(name: string): Gate | undefined {
    // A qubit of a definition may have the name of a gate: what is called is never a qubit.
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const named = this.scopes[i]?.get(name);
      if (named?.kind === 'gate') return named.gate;
    }
    const { builtin, hard, soft } = this.library;
    const known = builtin.get(name);
    if (known !== undefined || !(this.included || this.version === 3)) return known;
    return hard.get(name) ?? soft.get(name);
  }

  spend(work: number, from = this.lexer.start): void {
    this.#work += work;
    if (this.#work > WORK_MAX) this.#tooLong(from);
  }

  emit(operation: Operation, from: number): void {
    this.operations++;
    if (this.operations > OPERATIONS_MAX) this.#tooLong(from);
    this.out.push(operation);
  }

  /** `first` where the bits read as `equals`, else `second`. */
  emitIf(
    clbits: readonly number[],
    equals: number,
    branches: readonly [readonly Operation[], readonly Operation[]],
    from: number,
  ): void {
    const [first, second] = branches;
    this.spend(clbits.length, from);
    // oxlint-disable-next-line unicorn/no-thenable -- the branch of a condition; nobody awaits an operation
    this.emit({ kind: 'if', clbits, equals, then: first, otherwise: second }, from);
  }

  #tooLong(from: number): never {
    return this.lexer.fail(
      'QASM_LIMIT',
      `at most ${OPERATIONS_MAX} operations in total; run the circuit in parts`,
      from,
    );
  }

  /** A gate on operands: once, or once for each place of the registers among them. `places` are their offsets in the text. */
  call(
    gate: Gate,
    params: readonly Angle[],
    operands: readonly Operand[],
    places: readonly number[],
    from: number,
  ): void {
    const { lexer } = this;
    if (operands.length !== gate.qubits)
      lexer.fail(
        'QASM_TYPE',
        `${gate.qubits} qubits for ${gate.name}, not ${operands.length}`,
        from,
        lexer.previousEnd,
      );
    const width = this.#width(operands, places);
    if (width === null) return this.#callOnce(gate, params, operands as readonly number[], places, from);
    for (let k = 0; k < width; k++) {
      const qubits = operands.map((operand) => (typeof operand === 'number' ? operand : (operand[k] as number)));
      this.#callOnce(gate, params, qubits, places, from);
    }
  }

  /** Null without a register among the operands. */
  #width(operands: readonly Operand[], places: readonly number[]): number | null {
    let width: number | null = null;
    for (let i = 0; i < operands.length; i++) {
      const operand = operands[i];
      if (typeof operand !== 'object') continue;
      if (width !== null && operand.length !== width)
        this.lexer.fail(
          'QASM_TYPE',
          `registers of one size: this has ${operand.length} qubits, the one before ${width}`,
          places[i],
          this.lexer.previousEnd,
        );
      width = operand.length;
    }
    return width;
  }

  #callOnce(
    gate: Gate,
    params: readonly Angle[],
    qubits: readonly number[],
    places: readonly number[],
    from: number,
  ): void {
    for (let i = 1; i < qubits.length; i++)
      if (qubits.indexOf(qubits[i] as number) < i)
        this.lexer.fail('QASM_DUPLICATE', `different qubits for ${gate.name}`, places[i], this.lexer.previousEnd);
    if (this.body !== null) return this.#record(this.body, gate, params, qubits, from);
    this.spend(gate.cost, from);
    if (gate.cost === 1) {
      this.#build(gate, params, qubits, this.out as Step[], from);
      this.operations++;
      if (this.operations > OPERATIONS_MAX) this.#tooLong(from);
      return;
    }
    const steps: Step[] = [];
    this.#build(gate, params, qubits, steps, from);
    for (const step of steps) {
      if (step.kind === 'gate')
        for (const angle of step.params)
          if (typeof angle === 'number' && !Number.isFinite(angle))
            this.lexer.fail(
              'QASM_VALUE',
              `angles for which those inside of ${gate.name} are finite numbers`,
              from,
              this.lexer.previousEnd,
            );
      this.emit(step, from);
    }
  }

  #build(gate: Gate, params: readonly Angle[], qubits: readonly number[], out: Step[], from: number): void {
    try {
      gate.build(params, qubits, out);
    } catch (problem) {
      if (!(problem instanceof GateProblem)) throw problem;
      this.lexer.fail(problem.code, problem.expected, from, this.lexer.previousEnd);
    }
  }

  #record(body: Body, gate: Gate, params: readonly Angle[], qubits: readonly number[], from: number): void {
    this.spend(1, from);
    body.cost += gate.cost + 1;
    body.depth = Math.max(body.depth, gate.depth + 1);
    if (body.depth > GATE_DEPTH_MAX)
      this.lexer.fail(
        'QASM_LIMIT',
        `at most ${GATE_DEPTH_MAX} levels of gate definitions`,
        from,
        this.lexer.previousEnd,
      );
    body.steps.push({ kind: 'call', gate, params, qubits });
  }

  declareRegister(kind: 'qubits' | 'bits', name: string, size: number | null, from: number): void {
    const offset = kind === 'qubits' ? this.qubits : this.clbits;
    const count = size ?? 1;
    if (offset + count > QUBITS_DECLARED_MAX)
      this.lexer.fail(
        'QASM_LIMIT',
        `at most ${QUBITS_DECLARED_MAX} ${kind} in all registers`,
        from,
        this.lexer.previousEnd,
      );
    if (kind === 'qubits' && this.physical >= 0)
      this.lexer.fail('QASM_TYPE', 'either declared or physical qubits in one program', from, this.lexer.previousEnd);
    const operand: Operand = size === null ? offset : Array.from({ length: size }, (_, i) => offset + i);
    this.declare(name, { kind, operand }, from);
    (kind === 'qubits' ? this.quantumRegisters : this.classicalRegisters).push({ name, offset, size: count });
    if (kind === 'qubits') this.qubits += count;
    else this.clbits += count;
  }

  finish(): Circuit {
    const hardware = this.physical >= 0;
    const qubits = hardware ? this.physical + 1 : this.qubits;
    return {
      qubits,
      clbits: this.clbits,
      quantumRegisters: hardware ? [{ name: '$', offset: 0, size: qubits }] : this.quantumRegisters,
      classicalRegisters: this.classicalRegisters,
      parameters: this.parameters,
      operations: this.out,
    };
  }
}

export const KINDS: Readonly<Record<Named['kind'], string>> = {
  qubits: 'a quantum register',
  bits: 'a classical register',
  value: 'a number',
  gate: 'a gate',
};
