import type { ParticipantReport } from '../federation/messages.ts';
import type { SessionView } from './session-view.ts';

/** The complete list of what a tab tells the relay about itself (federation/messages.ts). */
export function reportOf(
  { model, shard, quantum, spend, config }: SessionView,
  client: ParticipantReport['client'],
  tokensPerSecond: number,
): ParticipantReport {
  return {
    client,
    engine: model.state === 'ready' ? model.report.engine : 'loading',
    // Two digits: a speed from exact counts would tell how large the secret batches were.
    tokensPerSecond: Number(tokensPerSecond.toPrecision(2)),
    quantumEngine: quantum.report?.engine ?? 'none',
    fidelity: quantum.last?.fidelity ?? null,
    amplitudesPerSecond: quantum.last?.amplitudesPerSecond ?? 0,
    epsilon: spend === null ? 0 : coarse(spend.epsilon, config?.privacy.epsilonBudget ?? Infinity),
    // Two digits: the exact size of a text could tell which one it is.
    shardTokensApprox: shard.state === 'ready' ? Number(shard.report.tokens.toPrecision(2)) : 0,
  };
}

/**
 * Two digits, rounded up: epsilon follows from the sampling rate, so that all its digits would give the exact number of examples.
 * Never over the budget because of the rounding alone.
 */
function coarse(epsilon: number | null, budget: number): number | null {
  if (epsilon === null || epsilon === 0) return epsilon;
  const unit = 10 ** (Math.floor(Math.log10(epsilon)) - 1);
  const rounded = Number((Math.ceil(epsilon / unit) * unit).toPrecision(2));
  return epsilon <= budget ? Math.min(rounded, budget) : rounded;
}
