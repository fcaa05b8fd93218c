import type { Environment } from '../../app/environment.ts';
import type { PageState } from '../../app/participant-app.ts';
import type { Strings } from '../strings/en.ts';

export interface Notice {
  readonly id: string;
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
}

/** What stands in the way, as sentences; the first one that blocks joining comes alone, the rest would only distract. */
export function environmentNotices(environment: Environment, t: Strings): readonly Notice[] {
  const blocking = (
    [
      ['insecure', environment.secure, t.notices.insecure],
      ['no-wasm', environment.wasm, t.notices.noWasm],
      ['no-workers', environment.workers, t.notices.noWorkers],
    ] as const
  ).find(([, fine]) => !fine);
  if (blocking !== undefined) return [{ id: blocking[0], level: 'error', text: blocking[2] }];
  const limits: readonly (readonly [string, boolean, string])[] = [
    ['no-storage', environment.storage, t.notices.noStorage],
    ['no-webgpu', environment.webgpu, t.notices.noWebgpu],
    ['no-shared', environment.sharedMemory, t.notices.noShared],
  ];
  return limits
    .filter(([, fine]) => !fine)
    .map(([id, , text]) => ({ id, level: id === 'no-storage' ? 'warning' : 'info', text }));
}

/** From here on a silent relay is worth a sentence; one missed poll is not. */
export const RELAY_SILENT_MS = 8_000;

export interface SituationInput {
  readonly page: Pick<PageState, 'startFailure' | 'tab'>;
  /** Milliseconds since the relay last answered, null if it never did. */
  readonly relayAge: number | null;
  readonly relayFailed: boolean;
  readonly storageNotice: string | null;
}

export function situationNotices(
  input: SituationInput,
  t: Strings,
  duration: (ms: number) => string,
): readonly Notice[] {
  const notices: Notice[] = [];
  if (input.page.startFailure !== null) {
    notices.push({ id: 'start', level: 'error', text: t.notices.failedStart(input.page.startFailure) });
  }
  if (input.page.tab === 'replaced') notices.push({ id: 'replaced', level: 'info', text: t.notices.replaced });
  if (input.relayFailed && input.relayAge !== null && input.relayAge > RELAY_SILENT_MS) {
    notices.push({ id: 'relay', level: 'warning', text: t.notices.relayGone(duration(input.relayAge)) });
  }
  if (input.storageNotice !== null) notices.push({ id: 'storage', level: 'warning', text: input.storageNotice });
  return notices;
}
