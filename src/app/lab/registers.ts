import type { Circuit, Register } from '../../core/quantum/circuit/circuit.ts';
import { placeName } from '../../core/quantum/diagram/labels.ts';

/** Names of OpenQASM registers; a new one takes the first that is free. */
function freeName(circuit: Circuit, wanted: string): string {
  const taken = new Set([
    ...[...circuit.quantumRegisters, ...circuit.classicalRegisters].map(({ name }) => name),
    ...circuit.parameters,
  ]);
  if (!taken.has(wanted)) return wanted;
  for (let i = 1; ; i++) if (!taken.has(`${wanted}${i}`)) return `${wanted}${i}`;
}

function grown(registers: readonly Register[], by: number, total: number, name: string): readonly Register[] {
  const last = registers.at(-1);
  if (last === undefined) return [{ name, offset: total, size: by }];
  return registers.with(registers.length - 1, { ...last, size: last.size + by });
}

export function withQubit(circuit: Circuit): Circuit {
  return {
    ...circuit,
    qubits: circuit.qubits + 1,
    quantumRegisters: grown(circuit.quantumRegisters, 1, circuit.qubits, freeName(circuit, 'q')),
  };
}

/** Operations are the caller's. A register that becomes empty goes. */
export function withoutQubit(circuit: Circuit, qubit: number): Circuit {
  const quantumRegisters = circuit.quantumRegisters
    .map((register): Register => {
      const inside = qubit >= register.offset && qubit < register.offset + register.size;
      return {
        ...register,
        offset: register.offset > qubit ? register.offset - 1 : register.offset,
        size: inside ? register.size - 1 : register.size,
      };
    })
    .filter(({ size }) => size > 0);
  return { ...circuit, qubits: circuit.qubits - 1, quantumRegisters };
}

/** A circuit with a classical bit for this qubit: the bit of the same number, made where it is missing. */
export function withBit(circuit: Circuit, qubit: number): { readonly circuit: Circuit; readonly bit: number } {
  const missing = qubit + 1 - circuit.clbits;
  if (missing <= 0) return { circuit, bit: qubit };
  // The first measurement makes bits for all qubits, so that the register does not grow letter by letter.
  const by = circuit.clbits === 0 ? Math.max(missing, circuit.qubits) : missing;
  const classicalRegisters = grown(circuit.classicalRegisters, by, circuit.clbits, freeName(circuit, 'c'));
  return { circuit: { ...circuit, clbits: circuit.clbits + by, classicalRegisters }, bit: qubit };
}

/** `q[2]`, or `q` where the register has one only; as in drawings. */
export const bitName = (registers: readonly Register[], bit: number): string => placeName(registers, bit, 'q');
