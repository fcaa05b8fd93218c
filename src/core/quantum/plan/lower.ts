import { assert, at } from '../../lib/assert.ts';
import { derivative, evaluate, parametersOf, type Angle, type Bindings } from '../circuit/angle.ts';
import type { GateOperation, UnitaryStep } from '../circuit/circuit.ts';
import { adjoint, GATES, matrixOf, multiply, type Matrix } from '../circuit/gate-table.ts';
import type { UnitarySequence } from '../engine/device.ts';
import { gateDerivative } from '../engine/gate-derivative.ts';
import { eigenOfUnitary, type Eigen2 } from './eigen.ts';
import type { Elementary, Lowered, Part, PhaseAngle } from './elementary.ts';

const H = GATES.h.matrix([]);
const S = GATES.s.matrix([]);
const NONE: Bindings = new Map();
const always = (matrix: Matrix, diagonal = false): Part => ({ at: () => matrix, fixed: true, diagonal, slope: null });
const HADAMARD = always(H);
/** Takes the Y axis to the Z axis: Y = (S H) Z (S H)^dagger. */
const FROM_Y = always(adjoint(multiply(S, H)));
const TO_Y = always(multiply(S, H));
const X = always(GATES.x.matrix([]));

/**
 * Lowers gates to turns, diagonals and the few things that are neither. A controlled one-qubit gate W D W^dagger becomes
 * W^dagger, controlled phases, W; a swap only renames qubits. Adjacent turns of a qubit merge; those whose product is
 * diagonal vanish into phases.
 */
export function lower({ qubits, steps, fromZero }: UnitarySequence): Lowered {
  const lowering = new Lowering(qubits);
  for (const step of steps) lowering.add(step);
  return lowering.finish(fromZero);
}

type Draft = { kind: 'turn'; qubit: number; parts: Part[] } | Exclude<Elementary, { kind: 'turn' }> | null;

class Lowering {
  readonly #qubits: number;
  readonly #out: Draft[] = [];
  /** Index of the turn of a wire that can still take parts, or -1. */
  readonly #open: Int32Array;
  /** Diagonal parts that wait for the next turn of their wire. */
  readonly #lead: Part[][];
  readonly #wire: number[];
  readonly #globalPhase: PhaseAngle[] = [];
  #differentiable = true;

  constructor(qubits: number) {
    this.#qubits = qubits;
    this.#open = new Int32Array(qubits).fill(-1);
    this.#lead = Array.from({ length: qubits }, () => []);
    this.#wire = Array.from({ length: qubits }, (_, i) => i);
  }

  add(step: UnitaryStep): void {
    const targets = step.targets.map((q) => at(this.#wire, q));
    const controls = step.controls.map((q) => at(this.#wire, q));
    if (step.kind === 'gate' && this.#gate(step, targets, controls)) return;
    if (targets.length === 1) {
      this.#oneQubit(step, at(targets, 0), controls);
      return;
    }
    if (!isFixed(step)) this.#differentiable = false;
    this.#dense(targets, controls, (values) => matrixOf(step, values));
  }

  finish(fromZero: boolean): Lowered {
    for (let wire = 0; wire < this.#qubits; wire++) this.#close(wire);
    const place = this.#placement(fromZero);
    const moved = this.#out.flatMap((draft) => (draft === null ? [] : [moveTo(draft, place)]));
    const { start, operations } = fromZero ? splitStart(moved, this.#qubits) : { start: [], operations: moved };
    const tail = Array.from({ length: this.#qubits }, (): Part[] => []);
    for (const [wire, parts] of this.#lead.entries()) tail[at(place, wire)] = parts;
    return {
      qubits: this.#qubits,
      start,
      operations,
      tail,
      globalPhase: this.#globalPhase,
      differentiable: this.#differentiable,
    };
  }

  /**
   * Bit position of every wire. From |0...0>, which looks alike in every order, wires start where they must end;
   * otherwise they start in place and are exchanged at the end.
   */
  #placement(fromZero: boolean): readonly number[] {
    const place = Array.from({ length: this.#qubits }, (_, i) => i);
    if (fromZero) {
      for (const [qubit, wire] of this.#wire.entries()) place[wire] = qubit;
      return place;
    }
    // Cycles of the permutation as transpositions: after each one more qubit is where it belongs.
    const content = Array.from({ length: this.#qubits }, (_, i) => i);
    const wanted = [...this.#wire];
    for (let qubit = 0; qubit < this.#qubits; qubit++) {
      const from = content.indexOf(at(wanted, qubit));
      if (from === qubit) continue;
      this.#out.push({ kind: 'exchange', a: qubit, b: from });
      this.#exchangeLeads(content, qubit, from);
    }
    return place;
  }

  #exchangeLeads(content: number[], a: number, b: number): void {
    [content[a], content[b]] = [at(content, b), at(content, a)];
    const [leadA, leadB] = [at(this.#lead, a), at(this.#lead, b)];
    this.#lead[a] = leadB;
    this.#lead[b] = leadA;
  }

  #gate(step: GateOperation, targets: readonly number[], controls: readonly number[]): boolean {
    const { name, params } = step;
    const angle = (i: number): PhaseAngle => angleOf(params[i] ?? Number.NaN);
    switch (name) {
      case 'id':
        return true;
      case 'gphase':
        this.#phase(controls, angle(0));
        return true;
      case 'swap':
        if (controls.length > 0) return false;
        this.#rename(step.targets);
        return true;
      case 'iswap':
        if (controls.length > 0) return false;
        this.#sign(at(targets, 0), at(targets, 1));
        for (const target of targets) this.#part(target, always(S, true));
        this.#rename(step.targets);
        return true;
      case 'ecr':
        if (controls.length > 0) return false;
        // (X - Y X)/sqrt 2 on (first; first, second) is X on the first after exp(-i pi/4 Z X).
        this.#part(at(targets, 1), HADAMARD);
        this.#zz(targets, [], constant(Math.PI / 2));
        this.#part(at(targets, 1), HADAMARD);
        this.#part(at(targets, 0), X);
        return true;
      case 'rzz':
        this.#zz(targets, controls, angle(0));
        return true;
      case 'rzx':
        this.#conjugated([at(targets, 1)], HADAMARD, HADAMARD, () => this.#zz(targets, controls, angle(0)));
        return true;
      case 'rxx':
        this.#conjugated(targets, HADAMARD, HADAMARD, () => this.#zz(targets, controls, angle(0)));
        return true;
      case 'ryy':
        this.#conjugated(targets, FROM_Y, TO_Y, () => this.#zz(targets, controls, angle(0)));
        return true;
      default:
        return false;
    }
  }

  #rename([a, b]: readonly number[]): void {
    const [i, j] = [a ?? 0, b ?? 0];
    [this.#wire[i], this.#wire[j]] = [at(this.#wire, j), at(this.#wire, i)];
  }

  #conjugated(wires: readonly number[], before: Part, after: Part, inner: () => void): void {
    for (const wire of wires) this.#part(wire, before);
    inner();
    for (const wire of wires) this.#part(wire, after);
  }

  /** exp(-i angle/2 ZZ) = e^(-i angle/2) times phases: angle where one bit is 1, and -2 angle more where both are. */
  #zz(targets: readonly number[], controls: readonly number[], angle: PhaseAngle): void {
    this.#phase(controls, times(angle, -1 / 2));
    for (const target of targets) this.#phase([...controls, target], angle);
    this.#phase([...controls, ...targets], times(angle, -2));
  }

  #oneQubit(step: UnitaryStep, target: number, controls: readonly number[]): void {
    if (controls.length === 0) {
      this.#part(target, partOf(step));
      return;
    }
    if (step.kind === 'gate') {
      const [angle] = step.params;
      switch (step.name) {
        case 'x':
          this.#conjugated([target], HADAMARD, HADAMARD, () => this.#phase([...controls, target], constant(Math.PI)));
          return;
        case 'p':
          this.#phase([...controls, target], angleOf(angle ?? Number.NaN));
          return;
        case 'rz':
          this.#controlledTurn(controls, target, angleOf(angle ?? Number.NaN));
          return;
        case 'rx':
          this.#conjugated([target], HADAMARD, HADAMARD, () =>
            this.#controlledTurn(controls, target, angleOf(angle ?? Number.NaN)),
          );
          return;
        case 'ry':
          this.#conjugated([target], FROM_Y, TO_Y, () =>
            this.#controlledTurn(controls, target, angleOf(angle ?? Number.NaN)),
          );
          return;
        default:
      }
    }
    this.#controlled(step, target, controls);
  }

  /** diag(e^(-i angle/2), e^(i angle/2)) under controls. */
  #controlledTurn(controls: readonly number[], target: number, angle: PhaseAngle): void {
    this.#phase(controls, times(angle, -1 / 2));
    this.#phase([...controls, target], angle);
  }

  /** W D W^dagger under controls: only D needs them. */
  #controlled(step: UnitaryStep, target: number, controls: readonly number[]): void {
    const fixed = isFixed(step);
    if (!fixed) this.#differentiable = false;
    const matrix = fixed ? matrixOf(step, NONE) : null;
    if (matrix !== null && isDiagonal(matrix)) {
      const [zero, one] = [0, 3].map((entry) => Math.atan2(at(matrix, 2 * entry + 1), at(matrix, 2 * entry)));
      this.#phase(controls, constant(zero ?? 0));
      this.#phase([...controls, target], constant((one ?? 0) - (zero ?? 0)));
      return;
    }
    const known = matrix === null ? null : eigenOfUnitary(matrix);
    const eigen = (values: Bindings): Eigen2 => known ?? eigenOfUnitary(matrixOf(step, values));
    const part = (at: (values: Bindings) => Matrix): Part => ({ at, fixed, diagonal: false, slope: null });
    const phase = (of: (phases: readonly [number, number]) => number): PhaseAngle =>
      known === null ? { ...constant(0), at: (values) => of(eigen(values).phases) } : constant(of(known.phases));
    this.#part(
      target,
      part((values) => adjoint(eigen(values).vectors)),
    );
    this.#phase(
      controls,
      phase(([zero]) => zero),
    );
    this.#phase(
      [...controls, target],
      phase(([zero, one]) => one - zero),
    );
    this.#part(
      target,
      part((values) => eigen(values).vectors),
    );
  }

  #phase(wires: readonly number[], angle: PhaseAngle): void {
    const value = fixedAngle(angle);
    if (value !== null && isMultiple(value, 2 * Math.PI)) return;
    const [first] = wires;
    if (first === undefined) {
      this.#globalPhase.push(angle);
      return;
    }
    if (wires.length === 1) {
      this.#part(first, value === null ? phasePart(angle) : always(GATES.p.matrix([value]), true));
      return;
    }
    if (wires.length === 2 && value !== null && isMultiple(value - Math.PI, 2 * Math.PI)) {
      this.#sign(at(wires, 0), at(wires, 1));
      return;
    }
    for (const wire of wires) this.#close(wire);
    this.#out.push({ kind: 'phase', qubits: wires, angle });
  }

  #sign(a: number, b: number): void {
    this.#close(a);
    this.#close(b);
    this.#out.push({ kind: 'sign', a, b });
  }

  #dense(targets: readonly number[], controls: readonly number[], of: (values: Bindings) => Matrix): void {
    for (const wire of [...targets, ...controls]) {
      this.#close(wire);
      this.#flushLead(wire);
    }
    this.#out.push({ kind: 'dense', targets, controls, at: of });
  }

  /** A waiting phase must act before the dense matrix. */
  #flushLead(wire: number): void {
    const parts = at(this.#lead, wire);
    if (parts.length === 0) return;
    this.#lead[wire] = [];
    this.#out.push({ kind: 'local', qubit: wire, parts });
  }

  #part(wire: number, part: Part): void {
    const open = at(this.#open, wire);
    if (open >= 0) {
      const turn = this.#out[open];
      assert(turn?.kind === 'turn', 'an open turn is a turn');
      turn.parts.push(part);
      return;
    }
    if (part.diagonal) {
      at(this.#lead, wire).push(part);
      return;
    }
    const parts = [...at(this.#lead, wire), part];
    this.#lead[wire] = [];
    this.#open[wire] = this.#out.push({ kind: 'turn', qubit: wire, parts }) - 1;
  }

  /** Ends the open turn of a wire; a fixed product that is diagonal becomes a phase again. */
  #close(wire: number): void {
    const open = at(this.#open, wire);
    if (open < 0) return;
    this.#open[wire] = -1;
    const turn = this.#out[open];
    assert(turn?.kind === 'turn', 'an open turn is a turn');
    if (turn.parts.length === 1 || !turn.parts.every((part) => part.fixed)) return;
    const product = productOf(turn.parts, NONE);
    const whole = always(product, isDiagonal(product));
    if (whole.diagonal) {
      this.#out[open] = null;
      if (!isIdentity(product)) at(this.#lead, wire).push(whole);
      return;
    }
    this.#out[open] = { ...turn, parts: [whole] };
  }
}

/** Product of the parts; the first acts first. */
export function productOf(parts: readonly Part[], values: Bindings): Matrix {
  let product: Matrix | null = null;
  for (const part of parts) {
    const next = part.at(values);
    product = product === null ? next : multiply2(next, product);
  }
  return product ?? GATES.id.matrix([]);
}

/** a times b for 2x2 matrices. Plain reads: a plan does this thousands of times, and destructuring would iterate. */
export function multiply2(a: Matrix, b: Matrix): Matrix {
  const out = new Float64Array(8);
  for (let row = 0; row < 8; row += 4) {
    const p = a[row] as number;
    const q = a[row + 1] as number;
    const r = a[row + 2] as number;
    const t = a[row + 3] as number;
    for (let column = 0; column < 4; column += 2) {
      const ur = b[column] as number;
      const ui = b[column + 1] as number;
      const vr = b[column + 4] as number;
      const vi = b[column + 5] as number;
      out[row + column] = p * ur - q * ui + r * vr - t * vi;
      out[row + column + 1] = p * ui + q * ur + r * vi + t * vr;
    }
  }
  return out;
}

/** Products of a handful of matrices are exact to a few ulp; anything this small is rounding. */
const ROUNDING = 1e-14;

function isDiagonal(m: Matrix): boolean {
  return [2, 3, 4, 5].every((i) => Math.abs(at(m, i)) < ROUNDING);
}

function isIdentity(m: Matrix): boolean {
  return Math.abs(at(m, 0) - 1) + Math.abs(at(m, 1)) + Math.abs(at(m, 6) - 1) + Math.abs(at(m, 7)) < ROUNDING;
}

function isMultiple(value: number, of: number): boolean {
  return value === Math.round(value / of) * of;
}

/** The value where the angle depends on no parameter, else null. */
function fixedAngle(angle: PhaseAngle): number | null {
  const value = angle.at(NONE);
  return Number.isNaN(value) ? null : value;
}

function constant(value: number): PhaseAngle {
  return { at: () => value, parameters: [], slope: () => 0 };
}

function angleOf(angle: Angle): PhaseAngle {
  if (typeof angle === 'number') return constant(angle);
  return {
    at: (values) => evaluate(angle, values),
    parameters: [...parametersOf(angle)],
    slope: (values, parameter) => derivative(angle, values, parameter),
  };
}

function times(angle: PhaseAngle, factor: number): PhaseAngle {
  return {
    at: (values) => factor * angle.at(values),
    parameters: angle.parameters,
    slope: (values, parameter) => factor * angle.slope(values, parameter),
  };
}

function isFixed(step: UnitaryStep): boolean {
  return step.kind === 'unitary' || step.params.every((angle) => typeof angle === 'number');
}

/** A one-qubit step as it is. */
function partOf(step: UnitaryStep): Part {
  if (step.kind === 'unitary' || isFixed(step)) {
    const matrix = matrixOf(step, NONE);
    return always(matrix, step.kind === 'gate' && GATES[step.name].diagonal);
  }
  const { name, params } = step;
  const parameters = new Set<string>();
  for (const angle of params) parametersOf(angle, parameters);
  return {
    at: (values) => matrixOf(step, values),
    fixed: false,
    diagonal: GATES[name].diagonal,
    slope: {
      parameters: [...parameters],
      by: (values, parameter) => {
        const angles = params.map((angle) => evaluate(angle, values));
        const sum = new Float64Array(8);
        for (const [which, angle] of params.entries()) {
          const rate = derivative(angle, values, parameter);
          if (rate === 0) continue;
          for (const [i, value] of gateDerivative(name, angles, which).entries())
            sum[i] = (sum[i] as number) + rate * value;
        }
        return sum;
      },
    },
  };
}

/** diag(1, e^(i angle)). */
function phasePart(angle: PhaseAngle): Part {
  return {
    at: (values) => GATES.p.matrix([angle.at(values)]),
    fixed: false,
    diagonal: true,
    slope: {
      parameters: angle.parameters,
      by: (values, parameter) => {
        const [value, rate] = [angle.at(values), angle.slope(values, parameter)];
        return Float64Array.of(0, 0, 0, 0, 0, 0, -rate * Math.sin(value), rate * Math.cos(value));
      },
    },
  };
}

function moveTo(draft: Exclude<Draft, null>, place: readonly number[]): Elementary {
  switch (draft.kind) {
    case 'turn':
    case 'local':
      return { ...draft, qubit: at(place, draft.qubit) };
    case 'sign':
    case 'exchange':
      return { ...draft, a: at(place, draft.a), b: at(place, draft.b) };
    case 'phase':
      return { ...draft, qubits: draft.qubits.map((q) => at(place, q)) };
    default:
      return {
        ...draft,
        targets: draft.targets.map((q) => at(place, q)),
        controls: draft.controls.map((q) => at(place, q)),
      };
  }
}

/** The first turn of each qubit, where nothing came before it, acts on |0>: it only changes the product state at the start. */
export function splitStart(
  operations: readonly Elementary[],
  qubits: number,
): { readonly start: readonly (readonly Part[])[]; readonly operations: readonly Elementary[] } {
  const start = Array.from({ length: qubits }, (): readonly Part[] => []);
  const touched = new Uint8Array(qubits);
  const rest = operations.filter((operation) => {
    switch (operation.kind) {
      case 'turn': {
        const first = touched[operation.qubit] === 0;
        touched[operation.qubit] = 1;
        if (first) start[operation.qubit] = operation.parts;
        return !first;
      }
      case 'local':
        touched[operation.qubit] = 1;
        return true;
      case 'sign':
      case 'exchange':
        touched[operation.a] = 1;
        touched[operation.b] = 1;
        return true;
      default:
        for (const q of operation.kind === 'phase' ? operation.qubits : [...operation.targets, ...operation.controls])
          touched[q] = 1;
        return true;
    }
  });
  return { start, operations: rest };
}
