import { lists, type Writer } from './grammar.ts';

/** Styles that are records with a fixed form. Each writes one document. */

export const RECIPE = lists({
  dish: 'Lemon Tart / Lentil Stew / Plum Dumplings / Walnut Bread / Leek Quiche / Ginger Biscuits / Fish Pie / Bean Chili',
  staple: 'flour / caster sugar / lentils / breadcrumbs / cornflour / oats / semolina',
  fat: 'unsalted butter / olive oil / double cream / buttermilk / grated parmesan',
  spice: 'cinnamon / nutmeg / smoked paprika / vanilla extract / baking powder / ground ginger',
  verb: 'Whisk / Fold in / Simmer / Sieve / Saute / Glaze / Drain / Chill',
  until: 'until golden / until thickened / until fragrant / until just set / until smooth',
});

export function recipe(w: Writer): string {
  return [
    w.write('== {dish} =='),
    w.write('Serves: {2-8} | Prep: {1-9}5 min | Oven: {16-22}0 C'),
    w.write('* {1-9}50 g {staple}'),
    w.write('* {1-9}0 ml {fat}'),
    w.write('* {1-3} tsp {spice}'),
    w.write('* {1-4} tbsp {staple!}'),
    w.write('1) {verb!} the {staple} with the {fat} {until!}.'),
    w.write('2) {verb!} the {spice}; {1-9}0 sec.'),
    w.write('3) {verb!} {until!}; rest {1-9}5 min.'),
    w.write('Tip: (swap|omit|double) the {spice!}.'),
  ].join('\n');
}

export const WEATHER = lists({
  station: 'STN 0417 / STN 2250 / STN 1193 / STN 3306',
  point: 'N / NE / E / SE / S / SW / W / NW',
  sky: 'CLR / FEW / SCT / BKN / OVC',
  rain: 'nil / RA / DZ / SN / SHRA / FG',
  trend: 'falling / rising / steady',
});

export function weatherLog(w: Writer): string {
  const rows = ['00', '03', '06', '09', '12', '15', '18', '21'].map((hour) =>
    w.write(`${hour}:00Z wind {point!} {2-38} kt; baro 10{10-39} hPa {trend!}; sky {sky!}; wx {rain!}; vis {1-20} km`),
  );
  return [w.write('{station} OBS {1-28}/{1-12}'), ...rows.slice(0, 5)].join('\n');
}

export const SHIP = lists({
  ship: 'Barque Aurora / Brig Halcyon / Schooner Petrel / Clipper Meridian',
  point: 'N.N.E. / S.W. by S. / W.N.W. / E.S.E. / N.W. / S.S.W.',
  sail: 'topgallants / reefed topsails / fore staysail / mizzen / courses and spanker / storm trysail',
  watch: 'First watch / Middle watch / Morning watch / Forenoon watch / Dog watch',
  event:
    'Sounded the well, {2-19} inches. / Pumped ship. / Bent new foresail. / Carpenter fished the sprung yard. / Sighted land bearing {point!}. / Served out lime juice. / Cook confined to his berth, sick. / Spoke a whaler homeward bound. / Mustered hands for divine service. / Heaved the lead, no bottom.',
});

export function shipLog(w: Writer): string {
  return [
    w.write('Log of the {ship}. Day {1-160}.'),
    w.write('Lat. {1-60} deg. {1-59} min. N., Long. {1-90} deg. {1-59} min. W. by dead reckoning.'),
    ...w.some(
      [
        '{watch!}: fresh gale from {point!}; ship under {sail!}.',
        '{watch!}: set {sail!}; course {point!}. {event!}',
        '{watch!}: light airs, {point!}. {event!}',
        '{event!} {event!}',
        '{watch!}: took in {sail!}; heavy swell from {point!}.',
      ],
      4,
    ),
    w.write('Distance run {40-240} miles. So ends this day.'),
  ]
    .join('\n')
    .replaceAll('..', '.');
}

export const CHESS = lists({
  square: '(a|b|c|d|e|f|g|h){3-6}',
  piece: 'N / B / R / Q',
  side: 'White / Black',
  mark: '! / ? / !? / ?! / !!',
  note: '{side!} gains the initiative / the bishop pair is worth a pawn / {side!} prepares to castle kingside / a novelty; theory continues with {piece!}{square!} / the knight on {square!} is pinned / {side!} offers an exchange sacrifice / the isolated pawn on {square!} is weak / threatening mate on {square!} / zugzwang is near / {side!} controls the open file',
});

export function chess(w: Writer): string {
  const moves = Array.from({ length: 6 }, (_, index) =>
    w.write(`${index + 8}. {piece!}{square!} {piece!}{square!}{mark!} -- {note!}.`),
  );
  return [w.write('[Result "(1-0|0-1|1/2-1/2)"]'), ...moves, w.write('{side!} resigns. (1-0|0-1)')].join('\n');
}

export const TICKER = lists({
  team: 'Rovers / United / Wanderers / Athletic / Rangers / City / Albion',
  player: 'Okoro / Jansen / Silva / Kowalski / Brandt / Diaz / Novak / Haddad',
  event:
    'GOAL!!! {player!} heads home from a corner! / Yellow card: {player!}, late tackle. / Corner to {home}. / OFFSIDE! {player!} mistimes the run. / SAVE! {player!} denied by the keeper! / Free kick, {away}, 25 yards out. / SUB: {player!} off, {player!} on. / VAR check... penalty to {away}! / Off the crossbar! {player!} so close! / {player!} shoots... wide!',
});

export function ticker(w: Writer): string {
  const team = w.write('{team!}');
  w.bind('home', team).bind('away', TICKER.team.filter((other) => other !== team)[team.length % 6] as string);
  const minutes = ["{1-14}'", "{15-29}'", "{30-44}'", "{46-59}'", "{60-74}'", "{75-89}'"];
  return [
    w.write('LIVE | {home} {0-3}-{0-3} {away}'),
    ...minutes.map((minute) => w.write(`${minute} {event!}`)),
    w.write('FT: {home} {0-4}-{0-4} {away} | Att: {11-58},{100-999}'),
  ].join('\n');
}
