import type { StageScene } from '../../core/contracts/stage.ts';
import type { ParticipantState, ParticipantView } from '../../core/federation/run-view.ts';
import { friendlyNames } from '../names.ts';

/** Order of lists and legends: the way of an update, then those who stand aside. */
export const STATE_ORDER: readonly ParticipantState[] = [
  'waiting',
  'invited',
  'training',
  'sealing',
  'sent',
  'merged',
  'paused',
  'away',
  'excluded',
];

const AT_WORK: ReadonlySet<ParticipantState> = new Set(['invited', 'training', 'sealing', 'sent']);

export interface PeopleView {
  readonly present: number;
  readonly atWork: number;
  readonly counts: readonly { readonly state: ParticipantState; readonly count: number }[];
}

/** Those who are away are listed but not counted as present. */
export function peopleView(participants: readonly Pick<ParticipantView, 'state'>[]): PeopleView {
  const counts = STATE_ORDER.map((state) => ({
    state,
    count: participants.filter((participant) => participant.state === state).length,
  })).filter((entry) => entry.count > 0);
  return {
    present: participants.filter((participant) => participant.state !== 'away').length,
    atWork: participants.filter((participant) => AT_WORK.has(participant.state)).length,
    counts,
  };
}

/** More dots than this cannot be told apart on any screen; the list says how many more there are. */
const DOTS_MAX = 1_200;

export function stageScene(
  participants: readonly ParticipantView[],
  merges: number,
  selfId: string | null,
): StageScene {
  const ordered = participants.toSorted((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1)).slice(0, DOTS_MAX);
  const names = friendlyNames(ordered.map((participant) => participant.id));
  return {
    dots: ordered.map((participant) => ({
      id: participant.id,
      state: participant.state,
      progress: Number.isFinite(participant.progress) ? Math.min(1, Math.max(0, participant.progress)) : 0,
      name: names.get(participant.id) ?? '',
      self: participant.id === selfId,
    })),
    merges,
  };
}

/** Who came and who went between two views. */
export function peopleChange(
  before: readonly Pick<ParticipantView, 'id' | 'state'>[],
  after: readonly Pick<ParticipantView, 'id' | 'state'>[],
): { readonly joined: number; readonly gone: number } {
  const here = (list: typeof before): Set<string> =>
    new Set(list.filter((participant) => participant.state !== 'away').map((participant) => participant.id));
  const old = here(before);
  const now = here(after);
  return {
    joined: [...now].filter((id) => !old.has(id)).length,
    gone: [...old].filter((id) => !now.has(id)).length,
  };
}

/** Mean fidelity over the tabs that have run the verification circuit; null before the first. */
export function meanFidelity(
  participants: readonly Pick<ParticipantView, 'fidelity'>[],
): { readonly mean: number; readonly tabs: number } | null {
  const values = participants
    .map((participant) => participant.fidelity)
    .filter((value): value is number => value !== null && Number.isFinite(value));
  if (values.length === 0) return null;
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, tabs: values.length };
}
