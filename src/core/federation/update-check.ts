import { sha256Hex, utf8 } from '../lib/bytes.ts';
import { fail, ok, type Failure, type Result } from '../lib/result.ts';
import type { AdapterRef, Update } from './messages.ts';
import type { RunConfig } from './run-config.ts';

export type UpdateFailure = Failure<
  'FED_UPDATE_ID' | 'FED_UPDATE_RUN' | 'FED_UPDATE_ADAPTER' | 'FED_UPDATE_ENCODING' | 'FED_UPDATE_SIZE'
>;

/** The same for every resend: SHA-256 (hex) of participant, run and round. All three have fixed alphabets, so lines cannot collide. */
export function updateIdOf(participantId: string, runId: string, round: number): string {
  return sha256Hex(utf8(`plaquette update 1\n${participantId}\n${runId}\n${round}`));
}

/** What the audience sees instead of the participant id: the first 8 hex digits of its SHA-256. */
export function publicIdOf(participantId: string): string {
  return sha256Hex(utf8(participantId)).slice(0, 8);
}

export interface UpdateExpectation {
  readonly config: RunConfig;
  /** Who the sealed channel says sent it. */
  readonly participantId: string;
  /** The id in the sealed header. */
  readonly updateId: string;
  /** Number of adapter parameters of the run. */
  readonly adapterSize: number;
  /** `baseOf(state, update.round)`; null: that round is unknown here. */
  readonly base: AdapterRef | null;
}

/**
 * Does this decoded update belong to this run, this sender and this round? The numbers in `delta` are checked by delta-codec.ts,
 * the time by `admitUpdate`. No failure here can be cured by sending again.
 */
export function checkUpdate(update: Update, expected: UpdateExpectation): Result<Update, UpdateFailure> {
  const { config, participantId, updateId, adapterSize, base } = expected;
  if (update.runId !== config.runId)
    return fail('FED_UPDATE_RUN', `the update is for run ${update.runId}, this relay runs ${config.runId}`);
  if (updateId !== updateIdOf(participantId, config.runId, update.round))
    return fail('FED_UPDATE_ID', `the update id is not that of its sender and round ${update.round}`);
  if (base !== null && (update.adapter.version !== base.version || update.adapter.sha256 !== base.sha256))
    return fail(
      'FED_UPDATE_ADAPTER',
      `trained from adapter version ${update.adapter.version}, round ${update.round} starts from version ${base.version}`,
    );
  if (update.encoding !== config.training.deltaEncoding)
    return fail('FED_UPDATE_ENCODING', `encoded as ${update.encoding}, the run uses ${config.training.deltaEncoding}`);
  if (update.size !== adapterSize)
    return fail('FED_UPDATE_SIZE', `the update has ${update.size} values, the adapter of this run has ${adapterSize}`);
  return ok(update);
}
