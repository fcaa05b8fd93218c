import type { RunEvent } from '../../core/federation/run-view.ts';

/** The relay writes "Tab 1a2b3c4d ..."; the screen knows everybody by two words, so the sentence should too. */
export function namedText(event: Pick<RunEvent, 'text' | 'participant'>, names: ReadonlyMap<string, string>): string {
  if (event.participant === null) return event.text;
  const name = names.get(event.participant);
  if (name === undefined) return event.text;
  return capital(event.text.replaceAll(new RegExp(`\\b[Tt]ab ${escaped(event.participant)}\\b`, 'gu'), name));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Ids are hexadecimal, but the text of another relay version must not become a pattern. */
function escaped(text: string): string {
  return text.replaceAll(/[^0-9a-z]/giu, String.raw`\$&`);
}
