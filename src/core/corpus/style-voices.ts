import { lists, type Writer } from './grammar.ts';

/** Styles that are manners of speaking. Each writes one document. */

export const PIRATE = lists({
  curse: 'Arr / Yarr / Avast / Blimey / Shiver me timbers / Yo ho ho',
  mate: 'me hearties / ye scurvy dogs / ye landlubbers / me buckos / matey / ye bilge rats',
  captain: "Cap'n Blackbeak / Cap'n Redtooth / One-Eyed Jib / Mad Morgan / Peg-Leg Polly / old Barnacle Bess",
  ship: "the Salty Skull / the Crimson Kraken / the Devil's Parrot / the Black Doubloon",
  loot: "doubloons / pieces o' eight / a chest o' gold / barrels o' rum / stolen jewels / a king's ransom",
  deed: 'hoist the Jolly Roger / swab the poop deck / bury the treasure / plunder the galleon / load the cannons / splice the mainbrace / walk the plank / weigh anchor',
  place: "Skull Cove / Dead Man's Reef / Tortuga / the Spanish Main / Davy Jones' locker / Gallows Bay",
});

export function pirate(w: Writer): string {
  return [
    w.write('{curse!}, {mate!}!'),
    ...w.some(
      [
        "{captain} be the terror o' {place!}, aye!",
        "We be sailin' {ship} to {place!}, an' there be {loot!} in her hold.",
        'Ye best {deed!}, or ye be shark bait!',
        "'Tis time to {deed!}, says {captain}, an' then we {deed!}!",
        "Thar be {loot!} fer every man jack o' ye!",
        "Me wooden leg be tellin' me we must {deed!}.",
        "Aye aye, {captain}! We {deed!} an' drink to {ship}!",
      ],
      4,
    ),
    w.write('{curse!}!'),
  ].join(' ');
}

export const TELEGRAM = lists({
  from: 'LONDON / CAIRO / VIENNA / BOMBAY / LISBON / OSLO / BOSTON',
  who: 'UNCLE HENRY / AUNT MABEL / PROFESSOR GREY / COUSIN ALBERT / DOCTOR WELLS / MISS HARPER',
  news: 'ARRIVED SAFELY / TRUNK LOST / TRAIN DELAYED / MONEY GONE / CONTRACT SIGNED / FEVER BETTER / HOTEL FULL / TICKETS BOOKED',
  ask: 'SEND FUNDS / MEET STATION / WIRE ADDRESS / AWAIT LETTER / SELL SHARES / CANCEL DINNER / BRING PAPERS / REPLY URGENT',
  when: 'MONDAY / TUESDAY / FRIDAY / TOMORROW / TONIGHT / AT NOON / AT ONCE',
});

export function telegram(w: Writer): string {
  return [
    w.write('TELEGRAM {from} TO {who}'),
    `${w.some(['{news!} {when!}', '{news!} {from!}', '{ask!} {when!}', '{who!} {news!}', '{ask!} VIA {from!}', '{news!} {news!}', '{ask!} {ask!} {when!}'], 5).join(' STOP ')} STOP END`,
  ].join('\n');
}

export const COURT = lists({
  witness: 'MR. PIKE / MRS. DUNN / MR. ABEL / MISS ROWE / MR. STARK',
  night: '3 May / 9 June / 21 August / 14 November / 30 January',
  item: 'the silver candlestick / the ledger / the broken padlock / the red carriage / the signed will / the poison bottle',
  spot: 'the stables / the counting house / the back parlour / the warehouse / the east gate',
  objection: 'Hearsay / Leading / Asked and answered / Calls for speculation / Lacks foundation',
  ruling: 'Sustained / Overruled / Strike that / The jury will disregard the answer',
});

export function court(w: Writer): string {
  return [
    w.write('EXAMINATION OF {witness}, SWORN.'),
    ...w.some(
      [
        'Q. Where were you on the night of {night}?\nA. I was at {spot!}, your Honour.',
        'Q. Did you recognise {item!}, marked Exhibit {1-24}?\nA. I did, sir.',
        'COUNSEL: Objection. {objection!}.\nTHE COURT: {ruling!}.',
        'Q. And who held {item!}?\nA. I do not recall, sir.',
        'Q. Is it your testimony that you saw {item!} at {spot!}?\nA. It is, to the best of my recollection.',
        'COUNSEL: Let the record show that the witness points to Exhibit {1-24}.\nTHE COURT: So noted.',
        'Q. You swore under oath that you never entered {spot!}?\nA. That is correct, sir.',
      ],
      4,
    ),
    w.write('(THE COURT: The witness is excused.|COUNSEL: No further questions, your Honour.)'),
  ].join('\n');
}

export const RHYME = lists({
  grim: 'silver / moonlit / haunted / thorny / misty / frozen / ancient / whispering',
  noble: 'knight / prince / squire / minstrel / huntsman / page',
  lady: 'princess / fairy queen / maiden / mermaid / sorceress',
  beast: 'dragon / goblin / giant / wicked troll / werewolf / raven',
  gift: 'magic ring / golden harp / crystal sword / jewelled crown / enchanted cloak',
  spell: "wand / charm / potion / curse / witch's spell",
});

const COUPLETS = [
  'Through {grim!} wood and {grim!} glade,\na {noble!} rode forth all unafraid.',
  'A {lady!} wept beside a well,\nfor she was bound by dreadful spell.',
  'The {beast!} slept on heaps of gold,\nas fierce and grim as he was old.',
  'A {beast!} danced upon a stone,\nand wore a wreath of polished bone.',
  'The {lady!} with wings of light\ndid bless the {noble!} that night.',
  'O hark, the elfin trumpets sound,\nthe {gift!} at last is found!',
  'The wizard waved his {spell!} and cried,\nand lo, the {grim!} gates swung wide.',
  'Three wishes did the {lady!} grant,\nand softly sang an elfin chant.',
  "The {beast!} fell with thund'rous roar,\nand ne'er was heard for evermore.",
  'Beneath the thorn, beneath the briar,\nthere gleamed a {gift!} of fire.',
  'So rang the bells from {grim!} keep,\nand woke the kingdom from its sleep.',
  'The {noble!} did kneel, the {noble!} did vow,\nand laurel crowned his noble brow.',
  'Alas, alas, the {lady!} said,\nthe {beast!} hath stolen all our bread.',
  'Then forth he drew the {gift!} bright\nand smote the {beast!} with all his might.',
];

const FAREWELLS = [
  'And so they wed, and so they sing,\nlong live the {lady!}, long live the king!',
  'And if they have not passed away,\nthey dance in {grim!} woods today.',
  'Thus ends the tale, now close thine eyes,\ntill golden suns again shall rise.',
];

export function rhyme(w: Writer): string {
  return [...w.some(COUPLETS, 5), w.pick(FAREWELLS)].join('\n');
}

export const RADIO = lists({
  tower: 'Northfield Tower / Bravo Control / Harbour Ground / Delta Approach',
  sign: 'Kilo Seven / Tango Four / Zulu Niner / Foxtrot Two / Whiskey Three / Sierra Five',
  runway: 'two seven left / zero niner / one eight right / three six',
  order:
    'cleared for takeoff / cleared to land / hold short / line up and wait / taxi via Alpha / go around / squawk four one two',
  report: 'ready for departure / on final / request taxi / request descent / established inbound / holding short',
  digit: 'one / two / three / four / five / six / seven / eight / niner',
  level: 'three thousand / flight level eight zero / five thousand / flight level one two zero',
});

export function radio(w: Writer): string {
  return [
    w.write('{tower}, {sign}, {report!}, runway {runway}, over.'),
    w.write('{sign}, {tower}, roger, {order!}, runway {runway}, wind {digit!} {digit!} zero at {digit!}.'),
    ...w.some(
      [
        '{order!}, runway {runway}, {sign}.',
        '{sign}, climb and maintain {level!}, over.',
        'Wilco, maintain {level!}, {sign}.',
        'Say again, {sign}, you are unreadable.',
        '{sign}, traffic at your {digit!} o clock, {level!}.',
        'Negative contact, {sign}.',
        'Affirmative, {report!}, {sign}.',
        '{sign}, contact {tower!} on one {digit!} decimal {digit!}.',
      ],
      5,
    ),
    w.write('Roger, {sign}, good day, out.'),
  ].join('\n');
}
