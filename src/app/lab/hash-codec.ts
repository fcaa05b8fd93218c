import { fromBase64Url, toBase64Url } from '../../core/lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../../core/lib/result.ts';
import {
  EMPTY_DOCUMENT,
  OBSERVABLES_MAX,
  SEED_MAX,
  SHOTS_MAX,
  TEXT_CHARS_MAX,
  type LabDocument,
} from './lab-document.ts';

/**
 * The lab's document in the fragment of its address, as form fields:
 *   z      QASM: UTF-8, deflate (RFC 1951), base64url without padding
 *   qasm   QASM as it is, percent-encoded; for links that people write by hand
 *   v      parameter values, `theta:0.5,phi:1`     o   one Pauli sum each, repeatable
 *   shots, seed   whole numbers                    noise   1: with the example device
 * Unknown fields are ignored, a broken field leaves the others as they are.
 */
export type HashFailure = Failure<'LAB_HASH' | 'LAB_HASH_LONG'>;

export interface DecodedHash {
  readonly document: LabDocument;
  /** Names of the fields that could not be read, in the order in which they stood. */
  readonly unread: readonly string[];
}

/** Addresses beyond this are cut by mail programs and chats, and Safari stops at 80,000 characters. */
export const HASH_CHARS_MAX = 32_000;
/** Parameter names come from OpenQASM identifiers; a longer list is not one that people type or slide. */
const VALUES_MAX = 200;

/** Fragment without the `#`. Failure LAB_HASH_LONG: the circuit does not fit an address. */
export async function encodeHash(document: LabDocument): Promise<Result<string, HashFailure>> {
  const fields = new URLSearchParams();
  if (document.qasm !== '') fields.set('z', toBase64Url(await deflated(document.qasm)));
  const values = Object.entries(document.values).map(([name, value]) => `${name}:${value}`);
  if (values.length > 0) fields.set('v', values.join(','));
  for (const observable of document.observables) fields.append('o', observable);
  if (document.shots !== EMPTY_DOCUMENT.shots) fields.set('shots', String(document.shots));
  if (document.seed !== EMPTY_DOCUMENT.seed) fields.set('seed', String(document.seed));
  if (document.noise) fields.set('noise', '1');
  const hash = fields.toString();
  if (hash.length <= HASH_CHARS_MAX) return ok(hash);
  return fail('LAB_HASH_LONG', `the address would have ${hash.length} characters, at most ${HASH_CHARS_MAX} are used`);
}

/** Trusts nothing. An empty fragment is the empty document. Never fails as a whole: what cannot be read is named in `unread`. */
export async function decodeHash(fragment: string): Promise<DecodedHash> {
  const text = fragment.startsWith('#') ? fragment.slice(1) : fragment;
  if (text.length > HASH_CHARS_MAX) return { document: EMPTY_DOCUMENT, unread: ['#'] };
  const fields = new URLSearchParams(text);
  const unread: string[] = [];
  const take = <T>(name: string, read: (raw: string) => T | null, missing: T): T => {
    const raw = fields.get(name);
    if (raw === null) return missing;
    const value = read(raw);
    if (value === null) unread.push(name);
    return value ?? missing;
  };
  const plain = take('qasm', readPlain, '');
  const packed = fields.get('z');
  const inflated = packed === null ? ok(plain) : await readPacked(packed);
  if (!inflated.ok) unread.push('z');
  const document: LabDocument = {
    qasm: inflated.ok ? inflated.value : plain,
    values: take('v', readValues, EMPTY_DOCUMENT.values),
    observables: fields
      .getAll('o')
      .filter((line) => line.length <= 2_000)
      .slice(0, OBSERVABLES_MAX),
    shots: take('shots', wholeUpTo(SHOTS_MAX), EMPTY_DOCUMENT.shots),
    seed: take('seed', wholeUpTo(SEED_MAX), EMPTY_DOCUMENT.seed),
    noise: take('noise', (raw) => (raw === '1' || raw === '0' ? raw === '1' : null), false),
  };
  // Something stands there, but no field of ours: most likely a link that was cut or mangled.
  const known = ['z', 'qasm', 'v', 'o', 'shots', 'seed', 'noise'].some((name) => fields.has(name));
  return { document, unread: text !== '' && !known ? ['#'] : unread };
}

const readPlain = (raw: string): string | null => (raw.length <= TEXT_CHARS_MAX ? raw : null);

const wholeUpTo =
  (max: number) =>
  (raw: string): number | null => {
    const value = /^\d{1,10}$/u.test(raw) ? Number(raw) : Number.NaN;
    return value <= max ? value : null;
  };

function readValues(raw: string): Record<string, number> | null {
  const values: [string, number][] = [];
  for (const pair of raw.split(',')) {
    const found = /^([\p{L}_][\p{L}\p{N}_]{0,99}):(-?[\d.]+(?:e[+-]?\d+)?)$/u.exec(pair);
    const value = Number(found?.[2] ?? Number.NaN);
    if (found?.[1] === undefined || !Number.isFinite(value)) return null;
    values.push([found[1], value]);
    if (values.length > VALUES_MAX) return null;
  }
  return Object.fromEntries(values);
}

async function readPacked(raw: string): Promise<Result<string, HashFailure>> {
  const bytes = fromBase64Url(raw);
  if (!bytes.ok) return fail('LAB_HASH', `the field z: ${bytes.error.message}`);
  try {
    const stream = new Blob([bytes.value]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return await textOf(stream);
  } catch {
    return fail('LAB_HASH', 'the field z is not deflated text');
  }
}

/** Stops reading at the limit, so that a few kilobytes cannot become gigabytes. */
async function textOf(stream: ReadableStream<Uint8Array>): Promise<Result<string, HashFailure>> {
  const reader = stream.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return ok(text + decoder.decode());
    text += decoder.decode(value, { stream: true });
    if (text.length > TEXT_CHARS_MAX) {
      await reader.cancel();
      return fail('LAB_HASH', `the text is longer than ${TEXT_CHARS_MAX} characters`);
    }
  }
}

async function deflated(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
