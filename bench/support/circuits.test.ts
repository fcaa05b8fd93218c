import { describe, expect, it } from 'vitest';
import { unwrap } from '../../src/core/lib/result.ts';
import { createCpuDevice } from '../../src/core/quantum/engine/cpu-device.ts';
import { createEngine } from '../../src/core/quantum/engine/simulator.ts';
import type { Circuit } from '../../src/core/quantum/circuit/circuit.ts';
import { parseQasm } from '../../src/core/quantum/qasm/parse-qasm.ts';
import { ansatzCircuit, fourierCircuit, randomCircuit, toCircuit, toQasm, toQsim } from './circuits.ts';
import { runNpmPeers } from './npm-peers.ts';

const engine = createEngine(createCpuDevice());

async function amplitudesOf(circuit: Circuit): Promise<Float64Array> {
  const { state } = unwrap(await engine.run(unwrap(await engine.prepare(circuit))));
  return unwrap(await state.amplitudes());
}

describe('circuits of the benchmarks', () => {
  it.each([
    { circuit: randomCircuit(20), gates: 575 },
    { circuit: randomCircuit(24), gates: 694 },
    { circuit: fourierCircuit(20), gates: 240 },
    { circuit: fourierCircuit(24), gates: 336 },
    { circuit: ansatzCircuit(20), gates: 590 },
    { circuit: ansatzCircuit(24), gates: 710 },
  ])('$circuit.name has the number of gates of the family', ({ circuit, gates }) => {
    expect(circuit.gates).toHaveLength(gates);
  });

  it('never repeats a root on a qubit and differs by seed only', () => {
    const roots = randomCircuit(6).gates.filter(
      ({ name, qubits }) => qubits[0] === 3 && ['rx', 'ry', 'w'].includes(name),
    );
    expect(roots).toHaveLength(20);
    for (const [i, { name }] of roots.entries()) expect(name).not.toBe(roots[i - 1]?.name);
    expect(randomCircuit(6, 20, 1)).toEqual(randomCircuit(6, 20, 1));
    expect(randomCircuit(6, 20, 2)).not.toEqual(randomCircuit(6, 20, 1));
  });

  it.each([randomCircuit(6), fourierCircuit(6), ansatzCircuit(6, 3)])(
    '$name is the same in OpenQASM',
    async (circuit) => {
      const [direct, parsed] = [
        await amplitudesOf(toCircuit(circuit)),
        await amplitudesOf(unwrap(parseQasm(toQasm(circuit)))),
      ];
      expect(direct.length).toBe(2 ** 7);
      for (const [i, value] of direct.entries()) expect(parsed[i]).toBeCloseTo(value, 12);
    },
  );

  it('gives qsim every qubit at most once a moment, moments in order', () => {
    const [first, ...lines] = toQsim(fourierCircuit(5)).trimEnd().split('\n');
    expect(first).toBe('5');
    expect(lines.length).toBe(5 + 5 + 10 + 3 * 2);
    const used = new Set<string>();
    let before = 0;
    for (const line of lines) {
      const [moment, name, ...rest] = line.split(' ');
      expect(Number(moment)).toBeGreaterThanOrEqual(before);
      before = Number(moment);
      const qubits = rest.slice(0, ['cnot', 'cz', 'cp'].includes(name ?? '') ? 2 : 1);
      for (const qubit of qubits) {
        expect(used).not.toContain(`${moment} ${qubit}`);
        used.add(`${moment} ${qubit}`);
      }
    }
  });

  it('is what the peers from npm run', async () => {
    const runs = await runNpmPeers((circuit) => amplitudesOf(toCircuit(circuit)), [4, 7]);
    expect(runs).toHaveLength(4);
    for (const { fidelity } of runs) expect(Math.abs(fidelity - 1)).toBeLessThan(1e-12);
  });
});
