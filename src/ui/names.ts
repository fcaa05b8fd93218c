const FIRST = (
  'amber ample azure brave bright brisk calm candid cheery clear clever coral cosy crisp daring deft dewy eager early ' +
  'easy fair fleet fond frank fresh gentle glad golden grand hardy hazel honest humble jade jolly keen kind lively ' +
  'lucid lucky mellow merry mild misty neat nimble noble olive pearl plain proud quick quiet rapid ready rosy sage ' +
  'silver steady sunny swift tidy warm'
).split(' ');

const SECOND = (
  'acorn alder aspen badger beacon birch bison brook cedar comet condor crane curlew daisy delta dove egret ember ' +
  'falcon fern finch fjord flint fox garnet gecko grove harbor hare hawk heron hickory ibis iris island juniper ' +
  'kestrel lake lark linden lotus lynx maple marten meadow moth newt oak orchid osprey otter owl pebble pine plover ' +
  'quail raven reed robin sparrow swan tern thistle willow'
).split(' ');

/** Two words from a public id (8 hex digits): the same on every screen and in every visit, and no personal data. */
export function friendlyName(id: string): string {
  const bits = Number.parseInt(id.slice(0, 8), 16);
  const safe = Number.isFinite(bits) ? bits : hashText(id);
  const first = FIRST[safe % FIRST.length] ?? 'plain';
  const second = SECOND[Math.floor(safe / FIRST.length) % SECOND.length] ?? 'tab';
  return `${first} ${second}`;
}

/** Names of everybody in one picture: tabs whose two words coincide also get the first digits of their id. */
export function friendlyNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const count = new Map<string, number>();
  for (const id of new Set(ids)) {
    const name = friendlyName(id);
    count.set(name, (count.get(name) ?? 0) + 1);
  }
  return new Map(
    ids.map((id) => {
      const name = friendlyName(id);
      return [id, (count.get(name) ?? 0) > 1 ? `${name} ${id.slice(0, 4)}` : name];
    }),
  );
}

/** FNV-1a over UTF-16 units, for ids that are not hexadecimal. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
