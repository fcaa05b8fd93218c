import type { Prng } from '../../../core/lib/prng.ts';
import { gate } from '../../../core/quantum/circuit/builder.ts';
import type { UnitaryStep } from '../../../core/quantum/circuit/circuit.ts';

const ORDER = [0, 1, 2, 3, 2, 3, 0, 1] as const;
const COLUMNS = 5;

/** Square root of W = (X + Y) / sqrt 2. */
const ROOT_W = Float64Array.from(
  [
    [Math.SQRT1_2, 0],
    [-0.5, -0.5],
    [0.5, -0.5],
    [Math.SQRT1_2, 0],
  ].flat(),
);

/** The random circuit of the benchmarks: H on all qubits, then cycles of random square roots and CZs along a grid five wide. */
export function randomGrid(prng: Prng, qubits: number, cycles: number): readonly UnitaryStep[] {
  const steps: UnitaryStep[] = Array.from({ length: qubits }, (_, q) => gate('h', [q]));
  const last = Array<number>(qubits).fill(-1);
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (let q = 0; q < qubits; q++) {
      const root = last[q] === -1 ? prng.below(3) : ((last[q] as number) + 1 + prng.below(2)) % 3;
      last[q] = root;
      if (root === 0) steps.push(gate('sx', [q]));
      else if (root === 1) steps.push(gate('ry', [q], [Math.PI / 2]));
      else steps.push({ kind: 'unitary', label: 'root W', matrix: ROOT_W, targets: [q], controls: [] });
    }
    const pattern = ORDER[cycle % ORDER.length] as number;
    const step = pattern < 2 ? 1 : COLUMNS;
    for (let q = 0; q + step < qubits; q++) {
      const column = q % COLUMNS;
      if ((column + Math.floor(q / COLUMNS)) % 2 !== pattern % 2) continue;
      if (step === COLUMNS || column + 1 < COLUMNS) steps.push(gate('z', [q + step], [], [q]));
    }
  }
  return steps;
}
