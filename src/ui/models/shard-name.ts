import { SAMPLE_STYLE_IDS } from '../../app/sample-styles.ts';
import type { Strings } from '../strings/en.ts';

const SAMPLE = /^sample: (.+)$/u;

/** The session calls sample text "sample: STYLE"; people read the style's name. */
export function shardName(name: string, t: Strings): string {
  const id = SAMPLE.exec(name)?.[1];
  const style = SAMPLE_STYLE_IDS.find((known) => known === id);
  return style === undefined ? name : `${t.text.sample} (${t.text.styles[style].name})`;
}
