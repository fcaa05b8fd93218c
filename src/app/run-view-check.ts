import type { RunView } from '../core/federation/run-view.ts';
import { fail, ok, type Result } from '../core/lib/result.ts';

/** A RunView with 1,000 participants and 500 events is about 400 kB of JSON; ten times that is no RunView. */
export const RUN_VIEW_CHARS_MAX = 4_000_000;

const NUMBERS = ['now', 'round', 'roundsMax', 'phaseStartedAt', 'accepted', 'invited', 'quorum', 'delta'] as const;
const LISTS = ['participants', 'losses', 'rounds', 'events'] as const;
const TEXTS = ['phase', 'modelId', 'modelHash', 'adapterHash', 'joinUrl'] as const;

/**
 * Checks what the pages rely on: version, numbers that are numbers, lists that are lists. The relay is the page's own
 * origin, so this guards against another version or a proxy's error page, not against an attacker.
 */
export function readRunView(text: string): Result<RunView> {
  if (text.length > RUN_VIEW_CHARS_MAX) return fail('VIEW_LARGE', `The relay sent ${text.length} characters of state.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(
      'VIEW_FORMAT',
      'The relay answered with something that is not JSON. Is another server on this port?',
      true,
    );
  }
  if (typeof value !== 'object' || value === null) return fail('VIEW_FORMAT', 'The relay sent no run state.', true);
  const record = value as Record<string, unknown>;
  if (record['version'] !== 1) {
    return fail('VIEW_VERSION', 'The relay speaks another version than this page. Reload the page.');
  }
  const bad =
    NUMBERS.find((key) => !Number.isFinite(record[key])) ??
    LISTS.find((key) => !Array.isArray(record[key])) ??
    TEXTS.find((key) => typeof record[key] !== 'string') ??
    ['run', 'relay'].find((key) => typeof record[key] !== 'object' || record[key] === null);
  if (bad !== undefined) return fail('VIEW_FORMAT', `The relay sent a run state without a usable "${bad}".`, true);
  return ok(value as RunView);
}
