import type { Millis } from '../lib/world.ts';

/** State of a participant as the audience sees it; each has its own ring and shape on the big screen. */
export type ParticipantState =
  | 'waiting'
  | 'invited'
  | 'training'
  | 'sealing'
  | 'sent'
  | 'merged'
  | 'paused'
  | 'away'
  | 'excluded';

export interface ParticipantView {
  /** Public id: first 8 hex digits of SHA-256 of the participant id. Friendly names derive from it (ui). */
  readonly id: string;
  readonly state: ParticipantState;
  readonly client: 'browser' | 'headless';
  readonly engine: string;
  readonly tokensPerSecond: number;
  readonly fidelity: number | null;
  readonly epsilon: number | null;
  readonly progress: number;
  readonly roundsMerged: number;
  readonly joinedAt: Millis;
}

export type RunPhase = 'gathering' | 'training' | 'merging' | 'finished' | 'stopped';

export interface RoundView {
  readonly round: number;
  readonly outcome: 'open' | 'committed' | 'abandoned';
  readonly openedAt: Millis;
  readonly closedAt: Millis | null;
  readonly invited: number;
  readonly accepted: number;
  readonly late: number;
  /** Probe loss (nats per token) of the adapter that the round produced; null where it was not evaluated. */
  readonly loss: number | null;
  readonly adapterSha256: string | null;
}

export type Severity = 'info' | 'good' | 'warning' | 'error';

export interface RunEvent {
  readonly seq: number;
  readonly at: Millis;
  readonly severity: Severity;
  /** Stable machine name, e.g. 'round-committed'. */
  readonly kind: string;
  /** One sentence in plain words. */
  readonly text: string;
  /** Public id of the participant it is about. */
  readonly participant: string | null;
}

export interface LossPoint {
  readonly round: number;
  /** Mean negative log-likelihood, nats per token, on the relay's probe set. */
  readonly loss: number;
  /** Share of next tokens predicted exactly, 0..1. */
  readonly accuracy: number;
}

/** GET /api/run and each event of GET /api/live. */
export interface RunView {
  readonly version: 1;
  readonly now: Millis;
  readonly run: { readonly id: string; readonly name: string; readonly startedAt: Millis };
  readonly mode: 'robust';
  readonly round: number;
  readonly roundsMax: number;
  readonly phase: RunPhase;
  readonly phaseStartedAt: Millis;
  readonly deadline: Millis | null;
  readonly accepted: number;
  readonly invited: number;
  readonly quorum: number;
  readonly participants: readonly ParticipantView[];
  readonly losses: readonly LossPoint[];
  /** The largest epsilon any participant reported, null = infinite (noise off). */
  readonly epsilon: number | null;
  readonly epsilonBudget: number;
  readonly delta: number;
  readonly noiseMultiplier: number;
  readonly modelHash: string;
  readonly modelId: string;
  readonly adapterHash: string;
  readonly rounds: readonly RoundView[];
  readonly events: readonly RunEvent[];
  readonly relay: {
    readonly fingerprint: string;
    readonly startedAt: Millis;
    readonly updatesAccepted: number;
    readonly bytesReceived: number;
  };
  readonly joinUrl: string;
}
