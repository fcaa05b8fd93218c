import type { Prng } from '../lib/prng.ts';
import { lists, Writer } from './grammar.ts';
import { TOPICS } from './topics.ts';

const GIRLS = 'Anna Mary Lily Clara Ruth Nora Emma Ida Sara Helen Julia Kate Mia Rosa Ella Grace'.split(' ');
const BOYS = 'Tom Ben Peter Max Oscar Paul Sam Leo Jack Hugo Felix Adam Noah Karl Daniel Finn'.split(' ');

const COMMON = lists({
  day: 'Monday / Tuesday / Wednesday / Thursday / Friday / Saturday / Sunday',
  month: 'January / February / March / April / May / June / July / August / September / October / November / December',
  time: 'one morning / one evening / one cold day / early in the morning / late in the afternoon / on a warm day / in the spring / one autumn day / at the end of the week / a long time ago / on the first day of {month!}',
  kind: 'small / old / new / big / good / quiet / strange / broken / beautiful / heavy / little / red / green / blue',
  mood: 'happy / tired / proud / curious / worried / calm / surprised / glad / hungry / a little sad',
  nature: 'kind / patient / clever / brave / careful / shy / stubborn / cheerful / honest / quick',
  relative: 'mother / father / sister / brother / uncle / aunt / grandmother / grandfather / cousin',
  soon: 'then / after a while / a little later / in the end / at last / soon / an hour later / before long',
  number: 'two / three / four / five / six / seven / eight / nine / ten / twelve / twenty',
});

/** A writer for one document: a topic, two people with the right pronouns, common words. */
export function documentWriter(prng: Prng): Writer {
  const names = Object.keys(TOPICS);
  const topic = names[prng.below(names.length)] as string;
  const writer = new Writer(prng, { ...COMMON, ...TOPICS[topic] }).bind('topic', topic);
  const taken = bindPerson(writer, prng, 'hero', '', '');
  bindPerson(writer, prng, 'friend', 'f', taken);
  return writer;
}

/** {hero} {he} {him} {his} for the first person, {friend} {fhe} {fhim} {fhis} for the second. */
function bindPerson(writer: Writer, prng: Prng, slot: string, prefix: string, other: string): string {
  const female = prng.below(2) === 0;
  const name = prng.pick((female ? GIRLS : BOYS).filter((candidate) => candidate !== other));
  writer
    .bind(slot, name)
    .bind(`${prefix}he`, female ? 'she' : 'he')
    .bind(`${prefix}him`, female ? 'her' : 'him')
    .bind(`${prefix}his`, female ? 'her' : 'his')
    .bind(`${prefix}child`, female ? 'girl' : 'boy');
  return name;
}
