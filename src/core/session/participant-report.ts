import type { ParticipantReport } from '../federation/messages.ts';
import type { SessionView } from './session-view.ts';

/** The complete list of what a tab tells the relay about itself (federation/messages.ts). */
export function reportOf(
  { model, shard, quantum, spend }: SessionView,
  client: ParticipantReport['client'],
  tokensPerSecond: number,
): ParticipantReport {
  return {
    client,
    engine: model.state === 'ready' ? model.report.engine : 'loading',
    tokensPerSecond,
    quantumEngine: quantum.report?.engine ?? 'none',
    fidelity: quantum.last?.fidelity ?? null,
    amplitudesPerSecond: quantum.last?.amplitudesPerSecond ?? 0,
    epsilon: spend === null ? 0 : spend.epsilon,
    // Two digits: the exact size of a text could tell which one it is.
    shardTokensApprox: shard.state === 'ready' ? Number(shard.report.tokens.toPrecision(2)) : 0,
  };
}
