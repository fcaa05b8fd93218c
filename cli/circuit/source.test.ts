import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { unwrap, type Failure } from '../../src/core/lib/result.ts';
import { excerpt, placed, readSource } from './source.ts';

const at = (line: number, column: number): Failure => ({
  code: 'QASM_SYNTAX',
  message: '',
  retry: false,
  ...{ line, column },
});

describe('the source of a circuit', () => {
  it('comes from standard input in pieces, also where a character is cut in two', async () => {
    const bytes = Buffer.from('// π\nqreg q[1];');
    const pieces = Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]) as AsyncIterable<Buffer>;
    expect(unwrap(await readSource('-', pieces))).toEqual({ name: 'standard input', text: '// π\nqreg q[1];' });
  });

  it('shows the line of a mistake, cut around it where it is long', () => {
    const text = `first\r\n\tsecond\n${'x'.repeat(500)}y${'z'.repeat(500)}`;
    const source = { name: 'a.qasm', text };
    expect(excerpt(source, at(2, 2))).toEqual(['2 |  second', '     ^']);
    const [line, caret] = excerpt(source, at(3, 501));
    expect(line!.length).toBe(104);
    expect(line![caret!.indexOf('^')]).toBe('y');
    // Behind the end of the text, where something is missing.
    expect(excerpt(source, at(9, 1))).toEqual(['9 | ', '    ^']);
    expect(placed(source, at(3, 1))).toBe('a.qasm, ');
  });

  it('has nothing to show where a failure has no place', () => {
    const source = { name: 'a.qasm', text: 'x' };
    for (const failure of [at(0, 0), { code: 'QUANTUM_QUBITS', message: '', retry: false }]) {
      expect(excerpt(source, failure)).toEqual([]);
      expect(placed(source, failure)).toBe('');
    }
  });
});
