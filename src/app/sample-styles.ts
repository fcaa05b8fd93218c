/**
 * Ids of the sample styles (core/corpus/styles.ts). Listed again so that the page can offer them without loading the
 * generator, which lives in the training worker; a test keeps the two lists equal.
 */
export const SAMPLE_STYLE_IDS = [
  'pirate',
  'telegram',
  'recipe',
  'court',
  'weather-log',
  'rhyme',
  'ship-log',
  'chess',
  'ticker',
  'radio',
] as const;
export type SampleStyleId = (typeof SAMPLE_STYLE_IDS)[number];
