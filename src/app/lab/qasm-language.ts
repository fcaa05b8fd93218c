import { fail, ok, type Result } from '../../core/lib/result.ts';
import type { Angle } from '../../core/quantum/circuit/angle.ts';
import { angleText } from '../../core/quantum/qasm/angle-text.ts';
import { parseQasm } from '../../core/quantum/qasm/parse-qasm.ts';
import { printQasm } from '../../core/quantum/qasm/print-qasm.ts';
import type { LabLanguage } from './lab-ports.ts';

/** OpenQASM and the other forms of a circuit, as the lab needs them. Forms that are only saved are chunks of their own. */
export const qasmLanguage: LabLanguage = {
  parse: (text) => {
    const parsed = parseQasm(text);
    if (parsed.ok) return parsed;
    const { code, line, column, found, message } = parsed.error;
    return { ok: false, error: { code, line, column, message, length: Math.max(1, found.length) } };
  },
  print: printQasm,
  json: async (circuit) => {
    const { circuitToJson } = await import('../../core/quantum/qasm/circuit-json.ts');
    return ok(`${JSON.stringify(circuitToJson(circuit), null, 2)}\n`);
  },
  svg: async (circuit) => {
    const { drawSvg } = await import('../../core/quantum/diagram/draw-svg.ts');
    return ok(drawSvg(circuit));
  },
  parseAngle,
  printAngle: (angle) => angleText(angle, (name) => name),
};

/** Names of OpenQASM 3 that stand for themselves in an expression. */
const OWN_NAMES: ReadonlySet<string> = new Set(
  'pi π tau τ euler ℇ sin cos tan arcsin arccos arctan exp log sqrt mod pow ceiling floor'.split(' '),
);
/** Longer expressions belong into the text. */
const ANGLE_CHARS_MAX = 500;

/**
 * One angle, read by the parser of OpenQASM 3 itself: as the angle of a gate in a program whose inputs are all other names in it.
 * Failure LAB_ANGLE says what stood where the expression went wrong.
 */
export function parseAngle(text: string): Result<Angle> {
  const expression = text.trim();
  const shown = expression.length > 40 ? `${expression.slice(0, 40)}…` : expression;
  const refused = (): Result<Angle> =>
    fail('LAB_ANGLE', `got "${shown}", expected an expression in radians like pi/4 or 2*theta`);
  if (expression === '' || expression.length > ANGLE_CHARS_MAX || /[;{}\n]|\/\/|\/\*/u.test(expression))
    return refused();
  const names = new Set(expression.match(/(?<![\p{L}\p{N}_.])[\p{L}_][\p{L}\p{N}_]*/gu) ?? []);
  const inputs = [...names].filter((name) => !OWN_NAMES.has(name)).map((name) => `input float ${name};`);
  const parsed = parseQasm(`OPENQASM 3.0;include "stdgates.inc";${inputs.join('')}qubit q_;rz(${expression}) q_;`);
  if (!parsed.ok) {
    const { found, expected } = parsed.error;
    return fail('LAB_ANGLE', found === '' ? refusedText(shown) : `got "${found}", expected ${expected}`);
  }
  // A comma or a bracket too many could make another program of it.
  const [only, ...rest] = parsed.value.operations;
  if (rest.length > 0 || only?.kind !== 'gate' || only.name !== 'rz' || only.params.length !== 1) return refused();
  const [angle] = only.params;
  return angle === undefined ? refused() : ok(angle);
}

const refusedText = (shown: string): string =>
  `"${shown}" is not complete, expected an expression like pi/4 or 2*theta`;
