import type { PrivacyConfig, TrainingConfig } from './run-config.ts';

/**
 * Adam moves a value by at most rate x (1 - b1) / sqrt((1 - b2) (1 - b1^2 / b2)) per step once the biases are gone and by at most
 * rate in the first: Cauchy-Schwarz on the two moving averages, with b1 = 0.9, b2 = 0.99 of learn/optimizer.ts. 2.35 covers both.
 */
const ADAM_STEP_MAX = 2.35;

/** Quantising to int8 adds at most one grid step of 1/127 of the block's largest value to each value. */
const ENCODING_SLACK = 1.25;

/**
 * L2 norm that no honest delta of a round passes (noise tail below e^-50): the relay refuses what lies above. Depends only on the
 * signed configuration, not on what participants claim.
 */
export function honestNormMax(
  training: Pick<TrainingConfig, 'stepsPerRound' | 'learningRate' | 'expectedBatchSize' | 'optimizer'>,
  privacy: Pick<PrivacyConfig, 'clipNorm' | 'noiseMultiplier'>,
  size: number,
): number {
  const { stepsPerRound, learningRate, expectedBatchSize } = training;
  const travel = stepsPerRound * learningRate * ENCODING_SLACK;
  if (training.optimizer === 'adam') return travel * ADAM_STEP_MAX * Math.sqrt(size);
  // The step's sum: a Poisson batch of clipped gradients (local-round.ts cuts it at 8 L + 32) and noise whose norm is sigma C sqrt(size).
  const batch = 8 * expectedBatchSize + 32;
  const noise = 1.01 * privacy.noiseMultiplier * (Math.sqrt(size) + 10);
  return (travel * privacy.clipNorm * (batch + noise)) / expectedBatchSize;
}
