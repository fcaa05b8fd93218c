import { epsilonOf } from '../../src/core/learn/dp/accountant.ts';
import { EXIT, parse, report, requiredNumber, usage, type Command, type Output } from '../command.ts';

const HELP = `plaquette dp epsilon --sampling-rate Q --noise S --steps T --delta D [--json]

Privacy cost of training with the Poisson-subsampled Gaussian mechanism (Renyi accountant, an upper bound).

  --sampling-rate Q  probability that an example is in a batch, 0 to 1
  --noise S          standard deviation of the noise in units of the clip norm; 0 means no privacy
  --steps T          number of steps
  --delta D          between 0 and 1
  --json             {"epsilon", "accountant", "order"}; epsilon is null where it is infinite`;

export const dpCommand: Command = {
  summary: 'privacy cost of a training run',
  help: HELP,
  run: async (argv, output) => run(argv, output),
};

function run(argv: readonly string[], output: Output): number {
  const text = { type: 'string' } as const;
  const parsed = parse(argv, {
    'sampling-rate': text,
    noise: text,
    steps: text,
    delta: text,
    json: { type: 'boolean' },
  });
  if (!parsed.ok) return report(parsed.error, output, 'dp');
  const [action, ...more] = parsed.value.positionals;
  if (action !== 'epsilon' || more.length > 0) {
    const wrong = usage(`got "${parsed.value.positionals.join(' ')}", expected "epsilon"`);
    return wrong.ok ? EXIT.ok : report(wrong.error, output, 'dp');
  }
  const samplingRate = requiredNumber(parsed.value, 'sampling-rate', { min: 0, max: 1 });
  if (!samplingRate.ok) return report(samplingRate.error, output, 'dp');
  const noise = requiredNumber(parsed.value, 'noise', { min: 0, max: 1e6 });
  if (!noise.ok) return report(noise.error, output, 'dp');
  const steps = requiredNumber(parsed.value, 'steps', { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true });
  if (!steps.ok) return report(steps.error, output, 'dp');
  const delta = requiredNumber(parsed.value, 'delta', { min: 0, max: 1 });
  if (!delta.ok) return report(delta.error, output, 'dp');
  const record = { samplingRate: samplingRate.value, noiseMultiplier: noise.value, steps: steps.value };
  const spent = epsilonOf([record], delta.value);
  // The only failures left are of values: delta 0 or 1, steps past 2^40.
  if (!spent.ok) return report({ ...spent.error, code: 'CLI_USAGE' }, output, 'dp');
  const { epsilon, accountant, order } = spent.value;
  if (parsed.value.values['json'] === true)
    output.out(JSON.stringify({ epsilon: Number.isFinite(epsilon) ? epsilon : null, accountant, order }));
  else output.out(`epsilon ${epsilon} at delta ${delta.value} (${accountant}, order ${order ?? '-'})`);
  return EXIT.ok;
}
