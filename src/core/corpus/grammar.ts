import { assert } from '../lib/assert.ts';
import type { Prng } from '../lib/prng.ts';

/** Word lists by name; an entry is a template itself. */
export type Lexicon = Readonly<Record<string, readonly string[]>>;

/** Entries refer to each other; a cycle is a bug in a word list. */
const DEPTH_MAX = 12;

/**
 * Writes sentences from templates, with a memory per document.
 *   (a|b|c)   one of the alternatives, which may be empty and may nest
 *   {word}    an entry of list `word`, the same one throughout the document
 *   {word!}   a new entry each time, different from the last one of this list
 *   {^word}   the entry with a capital first letter (also {^word!})
 *   {3-9}     a whole number from the range
 */
export class Writer {
  readonly #prng: Prng;
  readonly #lexicon: Lexicon;
  readonly #bound = new Map<string, string>();
  readonly #last = new Map<string, string>();

  constructor(prng: Prng, lexicon: Lexicon) {
    this.#prng = prng;
    this.#lexicon = lexicon;
  }

  /** Fixes what {word} means in this document. */
  bind(word: string, value: string): this {
    this.#bound.set(word, value);
    return this;
  }

  write(template: string, depth = 0): string {
    assert(depth < DEPTH_MAX, `word lists refer to each other in a circle at "${template}"`);
    let out = '';
    for (let i = 0; i < template.length;) {
      const char = template[i] as string;
      if (char === '(') {
        const end = closing(template, i);
        out += this.write(this.#prng.pick(alternatives(template.slice(i + 1, end))), depth + 1);
        i = end + 1;
      } else if (char === '{') {
        const end = template.indexOf('}', i);
        assert(end > i, `no closing brace in "${template}"`);
        out += this.#slot(template.slice(i + 1, end), depth + 1);
        i = end + 1;
      } else {
        out += char;
        i++;
      }
    }
    return out;
  }

  /** One of the templates. */
  pick(templates: readonly string[]): string {
    return this.write(this.#prng.pick(templates));
  }

  /** `count` different templates in random order. */
  some(templates: readonly string[], count: number): string[] {
    return this.#prng
      .shuffle([...templates])
      .slice(0, count)
      .map((template) => this.write(template));
  }

  #slot(slot: string, depth: number): string {
    const range = /^(\d+)-(\d+)$/.exec(slot);
    if (range !== null) {
      const low = Number(range[1]);
      return String(low + this.#prng.below(Number(range[2]) - low + 1));
    }
    const fresh = slot.endsWith('!');
    const capital = slot.startsWith('^');
    const word = slot.slice(capital ? 1 : 0, fresh ? -1 : undefined);
    const text = fresh ? this.#draw(word, depth) : this.#recall(word, depth);
    return capital ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  }

  #recall(word: string, depth: number): string {
    const known = this.#bound.get(word);
    if (known !== undefined) return known;
    const text = this.#draw(word, depth);
    this.#bound.set(word, text);
    return text;
  }

  #draw(word: string, depth: number): string {
    const entries = this.#lexicon[word];
    assert(entries !== undefined && entries.length > 0, `no word list "${word}"`);
    const last = this.#last.get(word);
    let entry = this.#prng.pick(entries);
    // Goes on to the neighbour, so that two sentences in a row never say the same.
    if (entry === last) entry = entries[(entries.indexOf(entry) + 1) % entries.length] as string;
    this.#last.set(word, entry);
    return this.write(entry, depth);
  }
}

/** Word lists written as one line each, entries separated by " / ". */
export function lists<Key extends string>(
  lines: Readonly<Record<Key, string>>,
): Readonly<Record<Key, readonly string[]>> {
  const out = {} as Record<Key, readonly string[]>;
  for (const [key, line] of Object.entries<string>(lines))
    out[key as Key] = line.split(' / ').map((entry) => entry.trim());
  return out;
}

function closing(template: string, open: number): number {
  let depth = 0;
  for (let i = open; i < template.length; i++) {
    if (template[i] === '(') depth++;
    if (template[i] === ')' && --depth === 0) return i;
  }
  throw new Error(`no closing parenthesis in "${template}"`);
}

function alternatives(inside: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < inside.length; i++) {
    if (inside[i] === '(') depth++;
    if (inside[i] === ')') depth--;
    if (inside[i] === '|' && depth === 0) {
      out.push(inside.slice(start, i));
      start = i + 1;
    }
  }
  out.push(inside.slice(start));
  return out;
}
