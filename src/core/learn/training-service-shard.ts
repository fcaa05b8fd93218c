import type { ShardSource } from '../contracts/training-service.ts';
import { STYLES, writeStyle } from '../corpus/styles.ts';
import { SAMPLE_SHARD_BYTES } from '../federation/run-defaults.ts';
import { utf8 } from '../lib/bytes.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { buildShard, type Shard, type ShardFile } from './shard.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** A folder dropped by mistake has more; naming each refused file would flood the page. */
const FILES_MAX = 1_000;

/** Failures: SHARD_STYLE (no such sample), SHARD_FILES (none, or too many). */
export function filesOf(source: ShardSource): Result<readonly ShardFile[]> {
  switch (source.kind) {
    case 'text':
      return ok([{ name: source.name, bytes: source.bytes }]);
    case 'texts':
      if (source.files.length < 1 || source.files.length > FILES_MAX)
        return fail(
          'SHARD_FILES',
          `got ${source.files.length} files, expected 1 to ${FILES_MAX}; choose a smaller folder`,
        );
      return ok(source.files);
    case 'sample':
      if (!STYLES.some(({ id }) => id === source.style))
        return fail(
          'SHARD_STYLE',
          `got style "${source.style.slice(0, 40)}", expected one of ${STYLES.map(({ id }) => id).join(', ')}`,
        );
      return ok([
        { name: `${source.style}.txt`, bytes: utf8(writeStyle(source.style, source.seed, SAMPLE_SHARD_BYTES)) },
      ]);
  }
}

/** The participant's files and the examples cut from them; cut again when a job asks for another length. */
export class ShardSlot {
  readonly #files: readonly ShardFile[];
  readonly #tokenizer: TextTokenizer;
  #shard: Shard;

  private constructor(files: readonly ShardFile[], tokenizer: TextTokenizer, shard: Shard) {
    this.#files = files;
    this.#tokenizer = tokenizer;
    this.#shard = shard;
  }

  static open(files: readonly ShardFile[], tokenizer: TextTokenizer, length: number): Result<ShardSlot> {
    const shard = buildShard(files, tokenizer, length);
    return shard.ok ? ok(new ShardSlot(files, tokenizer, shard.value)) : shard;
  }

  get shard(): Shard {
    return this.#shard;
  }

  /** The examples at this sequence length. */
  at(length: number): Result<Shard> {
    if (this.#shard.stride !== length + 1) {
      const shard = buildShard(this.#files, this.#tokenizer, length);
      if (!shard.ok) return shard;
      this.#shard = shard.value;
    }
    return ok(this.#shard);
  }

  /** The same files for another model. */
  retokenized(tokenizer: TextTokenizer): Result<ShardSlot> {
    return ShardSlot.open(this.#files, tokenizer, this.#shard.stride - 1);
  }
}
