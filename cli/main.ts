import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT, processOutput, type Command, type Output } from './command.ts';

/** Loaded only when asked for: `dp epsilon` should not wait for the relay's database. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  relay: async () => (await import('./commands/relay.ts')).relayCommand,
  join: async () => {
    const { JOIN_HELP, runJoin } = await import('./commands/join.ts');
    return { summary: 'take part without a browser', help: JOIN_HELP, run: (argv) => runJoin(argv) };
  },
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  generate: async () => (await import('./commands/generate.ts')).generateCommand,
  convert: async () => (await import('./commands/convert.ts')).convertCommand,
  dp: async () => (await import('./commands/dp.ts')).dpCommand,
  circuit: async () => (await import('./commands/circuit.ts')).circuitCommand,
};

/** The command line. Resolves with the exit code: 0 done, 1 failed, 2 wrong use. Results on stdout, everything else on stderr. */
export async function main(argv: readonly string[], output: Output = processOutput): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(rest[0], output);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    output.err(`plaquette: there is no command "${name}"`);
    output.err('Try: plaquette help');
    return EXIT.usage;
  }
  try {
    const command = await load();
    if (rest.includes('--help') || rest.includes('-h')) {
      output.out(command.help);
      return EXIT.ok;
    }
    return await command.run(rest, output);
  } catch (error) {
    output.err(`plaquette ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.failure;
  }
}

async function help(name: string | undefined, output: Output): Promise<number> {
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load !== undefined) {
    output.out((await load()).help);
    return EXIT.ok;
  }
  output.out('plaquette <command> [options]\n');
  for (const [command, open] of Object.entries(COMMANDS))
    output.out(`  ${command.padEnd(10)} ${(await open()).summary}`);
  output.out('\nplaquette <command> --help explains the options of a command.');
  return name === undefined ? EXIT.ok : EXIT.usage;
}

/** Also runs by itself: node dist/node/main.js relay ... */
function isProgram(): boolean {
  const started = process.argv[1];
  if (started === undefined) return false;
  try {
    return realpathSync(started) === realpathSync(fileURLToPath(import.meta.url));
  } catch {
    return false;
  }
}

if (isProgram()) process.exitCode = await main(process.argv.slice(2));
