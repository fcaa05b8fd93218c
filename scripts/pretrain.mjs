// npm run pretrain [-- --minutes 20 --out public/models/plaquette-1m]: builds cli/pretrain.ts and runs it.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { buildWasm } from './build-wasm.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = `${root}node_modules/.cache/plaquette/pretrain`;

await buildWasm();
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: { ssr: 'cli/pretrain.ts', outDir, emptyOutDir: true, target: 'node20', minify: false },
});
const { main } = await import(pathToFileURL(`${outDir}/pretrain.js`).href);
process.exitCode = await main(process.argv.slice(2), root);
