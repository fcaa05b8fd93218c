import type { Cost } from './cost.ts';
import { CX, cxGate, type Gate } from './gates.ts';

/**
 * A CX over a bad edge as four over two good ones: CX(a,b) = CX(m,b) CX(a,m) CX(m,b) CX(a,m), where that costs less. Only a
 * device's error rates make it do so.
 */
export function reroute(gates: readonly Gate[], qubits: number, cost: Cost): Gate[] {
  const known = new Map<number, readonly Gate[]>();
  return gates.flatMap((gate) => {
    if (gate.op !== CX) return [gate];
    const key = gate.q * qubits + gate.t;
    const path = known.get(key) ?? bestPath(gate, qubits, cost);
    known.set(key, path);
    return path;
  });
}

function bestPath(gate: Gate, qubits: number, cost: Cost): readonly Gate[] {
  const { q, t } = gate;
  let best: readonly Gate[] = [gate];
  let bestCost = cost.gate(gate);
  for (let m = 0; m < qubits; m++) {
    if (m === q || m === t) continue;
    const price = 2 * cost.gate(cxGate(q, m)) + 2 * cost.gate(cxGate(m, t));
    if (price >= bestCost) continue;
    best = [cxGate(q, m), cxGate(m, t), cxGate(q, m), cxGate(m, t)];
    bestCost = price;
  }
  return best;
}
