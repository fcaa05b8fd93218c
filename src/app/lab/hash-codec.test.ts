import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHash, encodeHash, HASH_CHARS_MAX } from './hash-codec.ts';
import { EMPTY_DOCUMENT, OBSERVABLES_MAX, TEXT_CHARS_MAX, type LabDocument } from './lab-document.ts';

const BELL = 'OPENQASM 3.0;\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n';

async function encoded(document: LabDocument): Promise<string> {
  const result = await encodeHash(document);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const documents = fc.record({
  qasm: fc.string({ unit: 'grapheme', maxLength: 300 }),
  values: fc.dictionary(
    fc.stringMatching(/^[a-zθ_][a-z0-9_]{0,8}$/u),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
    { maxKeys: 5, noNullPrototype: true },
  ),
  observables: fc.array(fc.stringMatching(/^[IXYZ0-9.*+ -]{1,20}$/), { maxLength: OBSERVABLES_MAX }),
  shots: fc.integer({ min: 0, max: 1_000_000 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  noise: fc.boolean(),
});

describe('hash codec', () => {
  it('gives back every document', async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (document) => {
        const { document: back, unread } = await decodeHash(`#${await encoded(document)}`);
        expect(unread).toEqual([]);
        expect(back).toEqual(document);
      }),
      { numRuns: 100 },
    );
  });

  it('is short for small circuits and one tenth of the text for regular ones', async () => {
    expect((await encoded({ ...EMPTY_DOCUMENT, qasm: BELL })).length).toBeLessThan(120);
    const long = `${BELL}${'h q[0];\ncx q[0], q[1];\n'.repeat(2_000)}`;
    expect((await encoded({ ...EMPTY_DOCUMENT, qasm: long })).length).toBeLessThan(long.length / 10);
  });

  it('refuses what does not fit an address', async () => {
    let state = 1;
    const noise = Array.from({ length: 60_000 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return String.fromCharCode(33 + (state % 90));
    }).join('');
    const refused = await encodeHash({ ...EMPTY_DOCUMENT, qasm: noise });
    expect(refused.ok ? '' : refused.error.code).toBe('LAB_HASH_LONG');
  });

  it('reads plain QASM of hand-written links', async () => {
    const { document, unread } = await decodeHash(`#qasm=${encodeURIComponent(BELL)}&shots=50`);
    expect(unread).toEqual([]);
    expect(document).toEqual({ ...EMPTY_DOCUMENT, qasm: BELL, shots: 50 });
  });

  it('takes an empty fragment as an empty document', async () => {
    for (const empty of ['', '#']) expect(await decodeHash(empty)).toEqual({ document: EMPTY_DOCUMENT, unread: [] });
  });

  it('names what it could not read and keeps the rest', async () => {
    const good = await encoded({ ...EMPTY_DOCUMENT, qasm: BELL });
    const cases: readonly (readonly [fragment: string, unread: readonly string[]])[] = [
      ['z=%%%', ['z']],
      ['z=AAAA', ['z']],
      ['z=A', ['z']],
      [good.slice(0, -6), ['z']],
      [`${good}&shots=-5`, ['shots']],
      [`${good}&shots=1e9&seed=x`, ['shots', 'seed']],
      [`${good}&v=theta`, ['v']],
      [`${good}&v=theta:Infinity`, ['v']],
      [`${good}&noise=maybe`, ['noise']],
      ['what is this', ['#']],
      [`z=${'A'.repeat(HASH_CHARS_MAX)}`, ['#']],
    ];
    for (const [fragment, unread] of cases) {
      const decoded = await decodeHash(fragment);
      expect([fragment, decoded.unread]).toEqual([fragment, unread]);
      if (fragment.startsWith(good)) expect(decoded.document.qasm).toBe(BELL);
    }
  });

  it('stops inflating at the limit', async () => {
    const hash = await encoded({ ...EMPTY_DOCUMENT, qasm: ' '.repeat(TEXT_CHARS_MAX + 1) });
    expect(hash.length).toBeLessThan(HASH_CHARS_MAX);
    expect((await decodeHash(hash)).unread).toEqual(['z']);
  });

  it('keeps at most the observables that the page takes', async () => {
    const { document } = await decodeHash('o=Z&'.repeat(50));
    expect(document.observables).toHaveLength(OBSERVABLES_MAX);
  });
});
