import { assert } from '../lib/assert.ts';
import { Prng } from '../lib/prng.ts';
import { type Lexicon, Writer } from './grammar.ts';
import { CHESS, chess, RECIPE, recipe, SHIP, shipLog, TICKER, ticker, WEATHER, weatherLog } from './style-records.ts';
import { COURT, court, PIRATE, pirate, RADIO, radio, RHYME, rhyme, TELEGRAM, telegram } from './style-voices.ts';

export interface Style {
  readonly id: string;
  /** For a menu. */
  readonly title: string;
  /** What kind of text it is, for a person who is about to choose one. */
  readonly sentence: string;
}

interface WrittenStyle extends Style {
  readonly lexicon: Lexicon;
  readonly write: (writer: Writer) => string;
}

const WRITTEN: readonly WrittenStyle[] = [
  {
    id: 'pirate',
    title: 'Pirate talk',
    sentence: 'Threats, treasure and rum, shouted over the deck.',
    lexicon: PIRATE,
    write: pirate,
  },
  {
    id: 'telegram',
    title: 'Telegrams',
    sentence: 'Short messages in capitals, every sentence ends in STOP.',
    lexicon: TELEGRAM,
    write: telegram,
  },
  {
    id: 'recipe',
    title: 'Recipe cards',
    sentence: 'Amounts, steps and oven temperatures on a card.',
    lexicon: RECIPE,
    write: recipe,
  },
  {
    id: 'court',
    title: 'Court record',
    sentence: 'Questions, answers and objections of a hearing.',
    lexicon: COURT,
    write: court,
  },
  {
    id: 'weather-log',
    title: 'Weather log',
    sentence: 'Wind, pressure and sky, one line every three hours.',
    lexicon: WEATHER,
    write: weatherLog,
  },
  {
    id: 'rhyme',
    title: 'Fairy tales in rhyme',
    sentence: 'Knights, dragons and spells in couplets.',
    lexicon: RHYME,
    write: rhyme,
  },
  {
    id: 'ship-log',
    title: "Ship's log",
    sentence: 'Position, sails and watches of a tall ship.',
    lexicon: SHIP,
    write: shipLog,
  },
  { id: 'chess', title: 'Chess commentary', sentence: 'Moves of a game with remarks.', lexicon: CHESS, write: chess },
  {
    id: 'ticker',
    title: 'Sports ticker',
    sentence: 'A football match, minute by minute.',
    lexicon: TICKER,
    write: ticker,
  },
  { id: 'radio', title: 'Tower radio', sentence: 'Pilots and controllers on the radio.', lexicon: RADIO, write: radio },
];

/** Styles that the base model has never seen: sample shards for the demo, one style per tab. */
export const STYLES: readonly Style[] = WRITTEN.map(({ id, title, sentence }) => ({ id, title, sentence }));

/** Text of exactly `characters` characters in a style of `STYLES`, documents separated by an empty line. Same seed, same text. */
export function writeStyle(styleId: string, seed: number | string, characters: number): string {
  const style = WRITTEN.find(({ id }) => id === styleId);
  assert(style !== undefined, `no style "${styleId}", expected one of ${STYLES.map(({ id }) => id).join(', ')}`);
  const prng = new Prng(`style ${styleId} ${seed}`);
  let text = '';
  while (text.length < characters) text += `${style.write(new Writer(prng, style.lexicon))}\n\n`;
  return text.slice(0, characters);
}
