// Builds what is missing or out of date: wasm/build, dist/web (pages) and dist/node (relay, command line, their threads).
// node scripts/build.mjs [--only web|node] [--force]
import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildWasm } from './build-wasm.mjs';
import { withBuildLock } from './lib/lock.mjs';
import { precompress } from './lib/precompress.mjs';
import { root } from './lib/run.mjs';
import { isUpToDate, PARTS, stamped } from './lib/stamp.mjs';

/** Programs of dist/node. Threads are files of their own because a worker_thread is started by its path. */
const NODE_ENTRIES = {
  main: 'cli/main.ts',
  'participant-thread': 'cli/participant-thread.ts',
  'probe-thread': 'relay/probe-thread.ts',
  'quantum-thread': 'cli/quantum-thread.ts',
};

/** Where the bundler spends its time is not news to somebody who starts a relay. */
const QUIET = { rolldownOptions: { checks: { pluginTimings: false } } };

const { values } = parseArgs({ options: { only: { type: 'string' }, force: { type: 'boolean', default: false } } });
if (values.only !== undefined && !(values.only in PARTS)) {
  console.error(`build: --only takes ${Object.keys(PARTS).join(' or ')}, got "${values.only}"`);
  process.exit(2);
}
const parts = values.only === undefined ? Object.keys(PARTS) : [values.only];

await withBuildLock(async () => {
  await buildWasm();
  for (const part of parts) {
    if (!values.force && isUpToDate(part)) {
      console.log(`${part}: up to date`);
      continue;
    }
    const started = performance.now();
    await stamped(part, part === 'web' ? buildWeb : buildNode);
    console.log(`${part}: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
});

async function buildWeb() {
  const { build } = await import('vite');
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: QUIET });
  await precompress(join(root, 'dist/web'));
}

/** Packages stay outside (libsql and ws are partly native); everything of ours is bundled. */
async function buildNode() {
  const { build } = await import('vite');
  const input = Object.entries(NODE_ENTRIES).filter(([, file]) => existsSync(join(root, file)));
  const outDir = join(root, 'dist/node');
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      ...QUIET,
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        ...QUIET.rolldownOptions,
        input: Object.fromEntries(input.map(([name, file]) => [name, join(root, file)])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  const wasm = join(root, 'wasm/build');
  for (const name of readdirSync(wasm)) if (name.endsWith('.wasm')) copyFileSync(join(wasm, name), join(outDir, name));
}
