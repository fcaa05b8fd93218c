import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type Page } from 'playwright';
import { build } from 'vite';
import { findBrowser } from '../../scripts/lib/browser.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const OUT = join(root, 'node_modules/.cache/plaquette/bench');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

export interface BenchBrowser {
  readonly page: Page;
  readonly version: string;
  close(): Promise<void>;
}

/** Builds bench/browser as the product is built, serves it cross-origin isolated, and opens it in Chromium. */
export async function openBenchPage(): Promise<BenchBrowser> {
  const web = join(OUT, 'web');
  await build({
    root: join(root, 'bench/browser'),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: { target: 'es2023', outDir: web, emptyOutDir: true, assetsInlineLimit: 0 },
  });
  const server = await serve(web);
  const browser = await chromium.launch({
    executablePath: await findBrowser(),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    const page = await browser.newPage();
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://localhost:${port}/index.html`);
    await page.waitForFunction('globalThis.bench !== undefined', undefined, { timeout: 30_000 });
    return { page, version: browser.version(), close: () => closed(browser, server) };
  } catch (error) {
    await closed(browser, server);
    throw error;
  }
}

async function closed(browser: Browser, server: Server): Promise<void> {
  await browser.close();
  server.close();
}

async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url ?? '/', 'http://localhost').pathname));
    if (!path.startsWith(folder) || !existsSync(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

/** Gzipped KiB of one module with everything that it imports, minified as in the product. */
export async function gzippedKiB(entry: string): Promise<number> {
  const outDir = join(OUT, 'size');
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      target: 'es2023',
      outDir,
      emptyOutDir: true,
      minify: true,
      lib: { entry: join(root, entry), formats: ['es'], fileName: 'engine' },
    },
  });
  const files = readdirSync(outDir).filter((name) => name.endsWith('.js'));
  return files.reduce((sum, name) => sum + gzipSync(readFileSync(join(outDir, name)), { level: 9 }).length, 0) / 1024;
}
