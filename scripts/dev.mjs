// npm run dev [-- relay options]: the relay on 8787 and vite's server with hot reload on 5173, which passes /api on to it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './lib/ensure-built.mjs';
import { root } from './lib/run.mjs';

const RELAY = 'http://localhost:8787';
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

ensureBuilt(['web', 'node']);
const relay = spawn(process.execPath, [join(root, 'dist/node/main.js'), 'relay', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});

const { createServer } = await import('vite');
const server = await createServer({
  root,
  configFile: join(root, 'vite.config.ts'),
  server: { port: 5173, headers: ISOLATION, proxy: { '/api': { target: RELAY, ws: true } } },
});
await server.listen();
server.printUrls();

// Ctrl-C reaches both processes by the terminal; here only the end of the relay counts.
process.on('SIGINT', () => undefined);
relay.once('exit', (code) => {
  void server.close().then(() => process.exit(code ?? 0));
});
