// npm run -s plaquette -- <command> [options]: the command line. Standard output belongs to the command; the build talks on stderr.
import { ensureBuilt, runBuilt } from './lib/ensure-built.mjs';

const argv = process.argv.slice(2);
ensureBuilt(argv[0] === 'relay' ? ['web', 'node'] : ['node']);
await runBuilt(argv);
