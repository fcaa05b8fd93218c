import type { Strings } from '../strings/en.ts';

/** Engines name themselves by a short kind ("wasm", "wasm (relaxed)"); people read a word. Unknown kinds are shown as they are. */
export function engineName(kind: string, t: Strings): string {
  const [first = '', ...rest] = kind.split(' ');
  const known = Object.entries(t.engines).find(([id]) => id === first.toLowerCase())?.[1];
  return known === undefined ? kind : [known, ...rest].join(' ');
}
