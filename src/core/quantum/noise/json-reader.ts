/** More problems than this at once help nobody. */
const PROBLEMS_SHOWN = 3;
/** Names and sources are a line of text. */
const TEXT_MAX = 500;

/** Reads parsed JSON that nobody has checked. Every method gives a usable value and notes what was wrong, with its path. */
export class JsonReader {
  readonly #problems: string[] = [];

  problem(path: string, sentence: string): void {
    this.#problems.push(`${path === '' ? 'the file' : path} ${sentence}`);
  }

  /** Null where everything was right. */
  summary(): string | null {
    const count = this.#problems.length;
    if (count === 0) return null;
    const shown = this.#problems.slice(0, PROBLEMS_SHOWN).join('; ');
    return count > PROBLEMS_SHOWN ? `${shown}; and ${count - PROBLEMS_SHOWN} more` : shown;
  }

  /** The entries of a plain object; `names` null allows any. */
  object(value: unknown, path: string, names: readonly string[] | null): ReadonlyMap<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.problem(path, `is ${shown(value)}, expected an object`);
      return new Map();
    }
    const found = new Map<string, unknown>(Object.entries(value));
    for (const name of found.keys())
      if (names !== null && !names.includes(name))
        this.problem(
          path === '' ? name.slice(0, 40) : `${path}.${name.slice(0, 40)}`,
          `is unknown, expected ${names.join(', ')}`,
        );
    return found;
  }

  array(value: unknown, path: string, most: number): readonly unknown[] {
    if (!Array.isArray(value)) {
      this.problem(path, `is ${shown(value)}, expected a list`);
      return [];
    }
    if (value.length > most) this.problem(path, `has ${value.length} entries, at most ${most}`);
    return value.slice(0, most);
  }

  number(value: unknown, path: string, least: number, most: number): number {
    if (typeof value === 'number' && value >= least && value <= most) return value;
    this.problem(path, `is ${shown(value)}, expected a number from ${least} to ${most}`);
    return least;
  }

  integer(value: unknown, path: string, end: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < end) return value;
    this.problem(path, `is ${shown(value)}, expected a whole number from 0 to ${end - 1}`);
    return 0;
  }

  text(value: unknown, path: string): string {
    if (typeof value === 'string' && value.length <= TEXT_MAX) return value;
    this.problem(path, `is ${shown(value)}, expected a text of at most ${TEXT_MAX} characters`);
    return '';
  }

  literal(value: unknown, path: string, expected: string | number): void {
    if (value !== expected) this.problem(path, `is ${shown(value)}, expected ${JSON.stringify(expected)}`);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return 'a list';
  return value === null || typeof value === 'boolean' ? String(value) : 'an object';
}
