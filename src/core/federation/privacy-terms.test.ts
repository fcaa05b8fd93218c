import { expect, it } from 'vitest';
import { hasLessPrivacy } from './privacy-terms.ts';

const agreed = { epsilonBudget: 4, delta: 1e-5, clipNorm: 0.5, noiseMultiplier: 1 };

it.each([
  ['the same', {}, false],
  ['more noise', { noiseMultiplier: 1.5 }, false],
  ['a smaller budget and delta', { epsilonBudget: 2, delta: 1e-6 }, false],
  ['another clip norm, which scales noise and gradient alike', { clipNorm: 2 }, false],
  ['less noise', { noiseMultiplier: 0.9 }, true],
  ['no noise', { noiseMultiplier: 0 }, true],
  ['a larger budget', { epsilonBudget: 4.1 }, true],
  ['a larger delta', { delta: 1e-4 }, true],
  ['more noise, but a larger budget', { noiseMultiplier: 2, epsilonBudget: 5 }, true],
])('[CF4] compares a run with %s', (_name, change, expected) => {
  expect(hasLessPrivacy({ ...agreed, ...change }, agreed)).toBe(expected);
});

it('[CF4] finds nothing to lose where there was no noise', () => {
  expect(hasLessPrivacy({ ...agreed, epsilonBudget: 9 }, { ...agreed, noiseMultiplier: 0 })).toBe(false);
});
