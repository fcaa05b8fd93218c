// npm start [-- options]: builds what is missing and runs the relay. Options: npm start -- --help
import { ensureBuilt, runBuilt } from './lib/ensure-built.mjs';

ensureBuilt(['web', 'node']);
await runBuilt(['relay', ...process.argv.slice(2)]);
