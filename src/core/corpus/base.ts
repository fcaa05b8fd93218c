import { Prng } from '../lib/prng.ts';
import type { Writer } from './grammar.ts';
import { documentWriter } from './people.ts';

/** What the base model has read: plain kinds of text about every topic. Styles that it has not read: styles.ts. */
const KINDS: readonly { readonly weight: number; readonly write: (writer: Writer) => string }[] = [
  { weight: 8, write: story },
  { weight: 4, write: dialogue },
  { weight: 3, write: letter },
  { weight: 3, write: facts },
  { weight: 3, write: diary },
  { weight: 3, write: description },
  { weight: 2, write: advice },
  { weight: 2, write: notice },
  { weight: 2, write: sign },
  { weight: 1, write: jumble },
];

/** Documents of 150 to 1,000 characters, until `characters` are reached. The same seed gives the same documents. */
export function writeBaseDocuments(seed: number | string, characters: number): string[] {
  const prng = new Prng(`base ${seed}`);
  const bag = KINDS.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
  const documents: string[] = [];
  for (let length = 0; length < characters;) {
    const text = prng.pick(bag).write(documentWriter(prng));
    documents.push(text);
    length += text.length + 2;
  }
  return documents;
}

/** The same as one text of exactly `characters` characters, documents separated by an empty line. */
export function writeBase(seed: number | string, characters: number): string {
  return writeBaseDocuments(seed, characters).join('\n\n').slice(0, characters);
}

function story(w: Writer): string {
  const opening = w.pick([
    'Once upon a time there was a {nature} {child} named {hero}. {hero} lived near {place} with {his} {relative}.',
    'Once there was a {worker} called {hero}. {^he} was {nature} and {nature!}, and everybody at {place} liked {him}.',
    '{^time}, {hero} went to {place}. {^he} wanted to {todo}.',
    '{^time}, {hero} and {friend} met at {place}. They wanted to {todo}.',
    'There was a {kind} {thing} at {place}. Nobody knew that it belonged to {hero}, the {worker}.',
    '{hero} was a {nature} {child}. Every {day} {he} went to {place} with {his} {relative}.',
  ]);
  const middle = w.some(
    [
      '{^sense!}.',
      '{hero} {did!}, and {friend} {did!}.',
      '{^he} {did!}. {^soon!} {he} {did!}.',
      'First {he} {did!}. Then {he} {did!}.',
      '{hero} had a {kind} {thing}, and {he} was very (proud of it|careful with it).',
      'There were many {things!}, but {hero} only looked at the {thing}.',
      '{friend} came by with a {kind!} {thing!} and asked {him} to {todo!}.',
    ],
    2,
  );
  const trouble = w.pick([
    'But {soon!} {trouble!}. {hero} was {mood!}.',
    'Suddenly {trouble!}. "Oh no," said {hero}, "what (can we|shall I) do now?"',
    'Then {trouble!}, and {friend} did not know what to do.',
    'But {trouble!}. It was a bad day for the {worker}.',
  ]);
  const remedy = w.pick([
    'So {he} {remedy!}. {friend} helped {him}, and {soon!} everything was fine again.',
    'The {worker} came and {remedy!}. "(Thank you|That was kind)," said {hero}.',
    '{friend} had an idea. They {remedy!}, and it worked.',
    '{hero} thought for a while. Then {he} {remedy!}.',
    '{hero} was not afraid. {^he} {remedy!} and {remedy!}.',
  ]);
  const ending = w.pick([
    'From that day on, {hero} and {friend} were good friends.',
    'In the evening {hero} went home. {^he} was {mood!} and {mood!}.',
    '{^he} told {his} {relative} all about it, and they laughed together.',
    'That night {hero} slept well and dreamed of {things!} and {things!}.',
    '"Tomorrow we will {todo!}," said {friend}, and {hero} nodded.',
    'And so {hero} learned that it is good to be {nature!}.',
  ]);
  return [opening, ...middle, trouble, remedy, ending].join(' ');
}

function dialogue(w: Writer): string {
  const opening = w.pick([
    '"Good morning, {friend}," said {hero}. "What are you doing at {place}?"',
    '"Have you seen my {thing}?" asked {hero}.',
    '"Do you want to {todo!} with me?" {hero} asked.',
    '"Look," said {hero}, "{sense!}."',
  ]);
  const answers = w.some(
    [
      '"I want to {todo!}," {friend} answered. "But {trouble!}."',
      '"Is it true?" asked {friend}. "{fact!}"',
      '"I am {mood!} today," {friend} said. "{^trouble!}."',
      '"I do not believe it," {friend} said and laughed.',
      '"Did you know that the {worker} {did!}?" asked {friend}.',
    ],
    2,
  );
  const replies = w.some(
    [
      '"My {relative} {did!} yesterday," said {hero}.',
      '"Why not?" said {hero}. "We could {todo!} and {todo!}."',
      '"Yes," said {hero}, "and the {worker} {remedy!}."',
      '"That is strange," {hero} answered. "I only saw {number!} {things!}."',
    ],
    2,
  );
  const ending = w.pick([
    '"Then let us go to {place}," said {friend}.',
    '"You are very {nature!}," {friend} said. "Thank you."',
    '"See you on {day}," said {friend}, and {fhe} went home.',
  ]);
  const [first, second] = answers;
  return [opening, first, replies[0], second, replies[1], ending].join('\n');
}

function letter(w: Writer): string {
  return [
    w.write('Dear {friend},'),
    w.pick([
      'thank you for your letter. I am {mood!}, because I can {todo!} again.',
      'how are you? Here at {place} {sense!}.',
      'I hope you are well. Last {day!} I went to {place} with my {relative}.',
    ]),
    ...w.some(
      [
        'Yesterday I {did!}, and the {worker} {did!}.',
        'You will not believe it: {trouble!}. We {remedy!}.',
        'I have found a {kind!} {thing!} for you.',
        'Do you still have the {kind!} {thing!}?',
        'My {relative} says that you are {nature!}. {fact!}',
        'In {month!} we want to {todo!}.',
      ],
      3,
    ),
    w.pick(['Please write soon.', 'I am looking forward to {month!}.', 'Say hello to your {relative!}.']),
    w.write('(Your friend|With love|Best wishes),'),
    w.write('{hero}'),
  ].join('\n');
}

function facts(w: Writer): string {
  const lines = w.some(
    [
      '{fact!}',
      '{fact!}',
      'A {worker} can {todo!}.',
      'At {place} there are {things!}.',
      'Some {things!} are {kind!}, others are {kind!}.',
      'A {thing!} can be {kind!} or {kind!}.',
    ],
    5,
  );
  return [w.write('Facts about {topic}'), ...lines.map((line, index) => `${index + 1}. ${line}`)].join('\n');
}

function diary(w: Writer): string {
  return [
    w.write('{day}, {1-28} {month}.'),
    w.pick(['Today I {did!}.', 'This morning {sense!}.', 'I got up at {5-9} and {did!}.']),
    ...w.some(
      [
        '{friend} came at {10-12} and {did!}.',
        'In the afternoon {trouble!}, so I {remedy!}.',
        'I saw {number!} {things!} at {place}.',
        'My {relative} {did!}. I was {mood!}.',
        'Later we wanted to {todo!}, but {trouble!}.',
        'I must not forget the {thing!}.',
      ],
      3,
    ),
    w.pick(['Now I am {mood!}.', 'Tomorrow I will {todo!}.', 'It was a (good|long|hard|strange) day.']),
  ].join(' ');
}

function description(w: Writer): string {
  return [
    w.pick([
      '{^place} is a {kind!} place.',
      'This is {place}, where {hero} works as a {worker}.',
      'A {worker} has a lot to do.',
    ]),
    ...w.some(
      [
        'In the morning {sense!}.',
        'There are {number!} {things!} and a {kind!} {thing!}.',
        'You can {todo!} there, or you can {todo!}.',
        '{fact!}',
        'People say that {friend} once {did!} here.',
        'Everything is {kind!}: the {things!}, the {things!}, even the {thing!}.',
        'If {trouble!}, the {worker} knows what to do.',
        'In {month!} it is quiet, and {sense!}.',
      ],
      4,
    ),
  ].join(' ');
}

function advice(w: Writer): string {
  return [
    w.write('How to {todo}:'),
    w.pick(['You need a {thing}, some {things} and a little time.', 'It is not hard if you are {nature!}.']),
    w.write('First, (go to {place}|look for a {kind!} {thing!}).'),
    ...w.some(
      [
        'Be careful with the {things!}.',
        'Next, {todo!}.',
        'Do not {todo!} too early.',
        'After {number!} minutes, {todo!}.',
        'Ask a {worker} if you are not sure.',
      ],
      3,
    ),
    w.write('{fact!}'),
    w.pick(['At last, show it to your {relative}.', 'Now you can {todo}.']),
  ].join(' ');
}

/** Brings capitals, numbers and times into the vocabulary, so that a style made of them is new but can be spelled. */
function notice(w: Writer): string {
  return [
    w.write('(NOTICE|NEWS|TO ALL|PLEASE READ)'),
    w.pick([
      'On {day}, {1-28} {month}, {place} is open from {7-11}:00 to {12-19}:30.',
      'Lost: a {kind!} {thing!} and {2-9} {things!}.',
      'For sale: {kind!} {thing!}, price {1-99} coins.',
    ]),
    ...w.some(
      [
        'Ask for {hero}, the {worker}.',
        'Room {1-40}, house number {1-120}.',
        'We want to {todo!}.',
        'Bring {number!} {things!}.',
        'No {things!} please!',
      ],
      2,
    ),
    w.write('Thank you. {hero}'),
  ].join('\n');
}

const LETTER = '(A|B|C|D|E|F|G|H|I|J|K|L|M|N|O|P|Q|R|S|T|U|V|W|X|Y|Z)';
const SYLLABLE =
  '(b|br|c|ch|d|f|g|gl|h|j|k|kn|l|m|n|p|ph|qu|r|s|sc|sh|st|t|th|tr|v|w|wh|x|y|z|)(a|ai|e|ea|i|ie|o|oo|ou|u|y)(b|ck|d|f|ff|g|l|ll|m|n|nd|ng|nt|p|r|rk|s|ss|st|t|th|v|w|x|z|)';

/** Invented words, numbers and signs without sense: the model learns to be unsure where it knows nothing, and to spell anything. */
function jumble(w: Writer): string {
  const word = `(${SYLLABLE}|${SYLLABLE}${SYLLABLE}|${SYLLABLE}${SYLLABLE}${SYLLABLE}|{things!}|{1-9}|{10-2000}|${LETTER}${LETTER}|${LETTER}${SYLLABLE})`;
  const gap = `( | | | |, |. |; |: |! |? | - |/|'|\n| "| < |> |¦ | * |=| = |[|]|+|#)`;
  // The bar divides alternatives in templates, so another sign stands for it.
  return Array.from({ length: 30 }, () => w.write(word + gap))
    .join('')
    .replaceAll('¦', '|');
}

/** The same words in capitals, and labels of letters, digits and signs. */
function sign(w: Writer): string {
  const lines = w.some(
    [
      'No {things!} after {1-12} o clock',
      'The {worker} {did!}',
      '{^sense!}',
      'Do not {todo!} here',
      'Beware: {trouble!}',
      '{^kind!} {thing!}, {kind!} {things!}',
    ],
    2,
  );
  const label = `${LETTER}${LETTER}(${LETTER}|)( |-|/|:|+|.|)({1-9}|{10-99}|{100-999})( {1-99} (cm|kg|g|km|min)|:{10-59}|%|!|?|)`;
  return [
    ...lines.map((line) => line.toUpperCase()),
    w.write(`(Box|Shelf|Line|Page|Number) ${label} (=|>|*|#|;|_|-) ${label}`),
  ].join('\n');
}
