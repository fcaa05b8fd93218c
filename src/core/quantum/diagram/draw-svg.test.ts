import { describe, expect, it } from 'vitest';
import { Prng } from '../../lib/prng.ts';
import { unwrap } from '../../lib/result.ts';
import { circuitOf, gate } from '../circuit/builder.ts';
import { parseQasm } from '../qasm/parse-qasm.ts';
import { randomSteps } from '../qasm/testing/random-circuit.ts';
import { drawSvg } from './draw-svg.ts';

/** Well-formed XML without entities other than the five, no doctype: tags match, attributes are quoted. */
function tagsOf(svg: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const rest = svg.replace(
    /<(\/?)([a-z]+)((?: [a-z0-9-]+(?::[a-z]+)?="[^"<]*")*)(\/?)>/gi,
    (_, end: string, name: string, __, empty: string) => {
      if (end === '/') expect(open.pop()).toBe(name);
      else {
        names.push(name);
        if (empty === '') open.push(name);
      }
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(svg).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
  return names;
}

const QASM = `OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[2]; h q; cx q[0],q[2]; swap q[1],q[2]; rz(-pi/2) q[0]; cz q[0],q[1];
  barrier q; measure q[1] -> c[1]; if(c==2) x q[0]; reset q[2]; ecr q[2],q[0];`;

describe('drawSvg', () => {
  it('is one accessible picture of well-formed XML that follows the colours around it', () => {
    const svg = drawSvg(unwrap(parseQasm(QASM)));
    const tags = tagsOf(svg);
    expect(tags[0]).toBe('svg');
    expect(new Set(tags)).toEqual(new Set(['svg', 'title', 'text', 'line', 'g', 'rect', 'circle', 'path']));
    expect(svg).toContain('role="img" aria-label="Quantum circuit: 3 qubits, 12 operations"');
    expect(svg).toContain('<title>Quantum circuit: 3 qubits, 12 operations</title>');
    expect(svg).toContain('<title>X on 2 controlled by 0</title>');
    expect(svg).toContain('<title>measure qubit 1 into bit 1</title>');
    expect(svg).toContain('<title>X on 0 if c=2</title>');
    const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, colour]) => colour);
    expect(new Set(colours)).toEqual(new Set(['none', 'currentColor', 'var(--circuit-box, Canvas)']));
  });

  it('escapes all text from outside', () => {
    const matrix = Float64Array.of(1, 0, 0, 0, 0, 0, 1, 0);
    const evil = `<script>"'&\u0000\ud800`;
    const circuit = {
      ...circuitOf(1, [{ kind: 'unitary' as const, label: evil, matrix, targets: [0], controls: [] }]),
      quantumRegisters: [{ name: evil, offset: 0, size: 1 }],
    };
    const svg = drawSvg(circuit, { title: evil });
    expect(tagsOf(svg)).not.toContain('script');
    expect(svg).toContain('&lt;script&gt;&quot;&#39;&amp;\u{fffd}\u{fffd}');
  });

  it.each(Array.from({ length: 10 }, (_, seed) => seed))(
    'is well-formed for random circuits, with numbers only as places (seed %d)',
    (seed) => {
      const rng = new Prng(`svg ${seed}`);
      const qubits = rng.below(6) + 1;
      const svg = drawSvg(circuitOf(qubits, randomSteps(rng, qubits, 30, { unitaries: true })), { standalone: true });
      expect(tagsOf(svg).length).toBeGreaterThan(30);
      expect(svg).not.toContain('NaN');
      expect(svg).not.toContain('Infinity');
      expect(svg).toContain('color-scheme:light dark');
    },
  );

  it('holds a sentence for what is too large, and nothing for nothing', () => {
    expect(tagsOf(drawSvg(circuitOf(0, [])))).toEqual(['svg', 'title']);
    const large = drawSvg(
      circuitOf(
        1,
        Array.from({ length: 30_000 }, () => gate('x', [0])),
      ),
    );
    expect(large).toContain('1 qubit, 30000 operations: too large to draw');
  });
});
