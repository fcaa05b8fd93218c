import { checkUpdate, createWeightedMean, type WeightedUpdate } from '../src/core/federation/aggregate.ts';
import { honestNormMax } from '../src/core/federation/aggregate-norm.ts';
import { decodeDelta } from '../src/core/federation/delta-codec.ts';
import type { Update } from '../src/core/federation/messages.ts';
import type { RunConfig } from '../src/core/federation/run-config.ts';
import { ok, type Result } from '../src/core/lib/result.ts';

/** What the relay does with the numbers of updates. The same limits at the door and at the merge, so that no merge fails by an update that was let in. */
export interface Numerics {
  /** Values of an update whose frame is right. Failures: FED_DELTA_LENGTH, FED_DELTA_VALUE, FED_UPDATE_SHAPE, FED_UPDATE_NORM. */
  decode(update: Update): Result<Float32Array>;
  /** The merged delta of a round. */
  merge(updates: readonly WeightedUpdate[]): Result<Float32Array>;
}

export function numericsOf({ training, privacy }: RunConfig, size: number): Numerics {
  const limits = { size, normMax: honestNormMax(training, privacy, size) };
  return {
    decode(update) {
      const delta = decodeDelta(update.delta, update.size, update.encoding);
      if (!delta.ok) return delta;
      const checked = checkUpdate({ id: `of round ${update.round}`, delta: delta.value, weight: 1 }, limits);
      return checked.ok ? ok(delta.value) : checked;
    },
    merge(updates) {
      const mean = createWeightedMean(limits);
      for (const update of updates) {
        const added = mean.add(update);
        if (!added.ok) return added;
      }
      return mean.result();
    },
  };
}
