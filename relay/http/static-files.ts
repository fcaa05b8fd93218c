import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fail, ok, type Result } from '../../src/core/lib/result.ts';

type Encoding = 'identity' | 'gzip' | 'br';

interface StaticFile {
  readonly type: string;
  readonly sha256: string;
  readonly cache: string;
  /** Content by encoding; compressed forms are written by the build and used where they are there. */
  readonly content: ReadonlyMap<Encoding, Buffer>;
}

export interface StaticAnswer {
  readonly status: 200 | 304;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | null;
}

/** All files of the pages are held in memory; a folder beyond this is not ours (ours has about 10 MB with the model). */
const TOTAL_BYTES_MAX = 512 * 2 ** 20;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.wgsl': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.safetensors': 'application/octet-stream',
};

const COMPRESSED: Readonly<Record<string, Encoding>> = { '.gz': 'gzip', '.br': 'br' };

/** A year: for names that carry a hash of their content. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';

/**
 * The built pages, read once. A request is answered by looking its path up among the files found at start, so no path
 * can leave the folder whatever it looks like.
 */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  private constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
  }

  /** Failure RELAY_PAGES_MISSING: there is no index.html. */
  static async load(folder: string): Promise<Result<StaticFiles>> {
    const files = new Map<string, StaticFile>();
    try {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
      const names = new Set(paths);
      let total = 0;
      for (const path of paths) {
        if (hidden(folder, path) || isSibling(path, names)) continue;
        const file = await readStatic(folder, path, names);
        total += file.content.get('identity')?.length ?? 0;
        if (total > TOTAL_BYTES_MAX)
          return fail(
            'RELAY_PAGES_MISSING',
            `${folder} has more than ${TOTAL_BYTES_MAX} bytes: is it the right folder?`,
          );
        files.set(urlPath(folder, path), file);
      }
    } catch (error) {
      return missing(folder, error instanceof Error ? error.message : String(error));
    }
    for (const page of ['index', 'audience', 'lab']) {
      const file = files.get(`/${page}.html`);
      if (file !== undefined) files.set(page === 'index' ? '/' : `/${page}`, file);
    }
    return files.has('/') ? ok(new StaticFiles(files)) : missing(folder, 'no index.html');
  }

  /** `path` is decoded. Null: no such file. */
  answer(path: string, query: URLSearchParams, request: IncomingMessage): StaticAnswer | null {
    const file = this.#files.get(path);
    if (file === undefined) return null;
    const encoding = pickEncoding(file, request.headers['accept-encoding'] ?? '');
    const body = file.content.get(encoding) ?? null;
    const etag = `"${file.sha256.slice(0, 32)}${encoding === 'identity' ? '' : `-${encoding}`}"`;
    // A caller that names the hash that it wants may keep the answer for ever.
    const named = query.get('sha256') === file.sha256;
    const headers: OutgoingHttpHeaders = {
      'Content-Type': file.type,
      'Cache-Control': named ? IMMUTABLE : file.cache,
      ETag: etag,
      Vary: 'Accept-Encoding',
      ...(encoding === 'identity' ? {} : { 'Content-Encoding': encoding }),
    };
    if (matches(request.headers['if-none-match'], etag)) return { status: 304, headers, body: null };
    return { status: 200, headers: { ...headers, 'Content-Length': body?.length ?? 0 }, body };
  }
}

function missing(folder: string, detail: string): Result<never> {
  return fail('RELAY_PAGES_MISSING', `the pages in ${folder} cannot be served (${detail}): run "npm run build" first`);
}

function hidden(folder: string, path: string): boolean {
  return relative(folder, path)
    .split(sep)
    .some((part) => part.startsWith('.'));
}

/** x.js.br next to x.js is a form of x.js, not a file of its own. */
function isSibling(path: string, names: ReadonlySet<string>): boolean {
  const ending = extname(path);
  return COMPRESSED[ending] !== undefined && names.has(path.slice(0, -ending.length));
}

function urlPath(folder: string, path: string): string {
  return `/${relative(folder, path).split(sep).join('/')}`;
}

async function readStatic(folder: string, path: string, names: ReadonlySet<string>): Promise<StaticFile> {
  const identity = await readFile(path);
  const content = new Map<Encoding, Buffer>([['identity', identity]]);
  for (const [ending, encoding] of Object.entries(COMPRESSED))
    if (names.has(path + ending)) content.set(encoding, await readFile(path + ending));
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    sha256: createHash('sha256').update(identity).digest('hex'),
    // Vite puts a content hash into every name under /assets; everything else is asked for again (and answered with 304).
    cache: urlPath(folder, path).startsWith('/assets/') ? IMMUTABLE : 'no-cache',
    content,
  };
}

function pickEncoding(file: StaticFile, accepted: string): Encoding {
  const parts = accepted.split(',').map((part) => part.trim().split(';'));
  const offered = new Set(parts.filter(([, q]) => q?.trim() !== 'q=0').map(([name]) => name));
  for (const encoding of ['br', 'gzip'] as const)
    if (offered.has(encoding) && file.content.has(encoding)) return encoding;
  return 'identity';
}

/** RFC 9110, section 13.1.2, with weak comparison. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag);
}
