import type { RoundProgress, SessionView } from './session-view.ts';

/** What is happening now, in plain words. Times are left to the page: they change without an event. */
export function sentenceOf(view: SessionView): string {
  const { life } = view;
  switch (life.state) {
    case 'closed':
      return 'Not started.';
    case 'opening':
      return 'Opening this tab’s storage.';
    case 'ready':
      return life.left ? 'You have left. Nothing runs in this tab any more.' : 'Ready to join.';
    case 'joining':
      return joining(view);
    case 'paused':
      return 'Paused. This tab takes no new rounds until you resume.';
    case 'budget-spent':
      return 'The privacy budget is spent: this tab follows the run but trains no more.';
    case 'finished':
      return `The run is finished after ${life.rounds} rounds. You can keep the adapter.`;
    case 'failed':
      return life.message;
    case 'joined':
      return joined(view);
  }
}

function joining({ connection, model }: SessionView): string {
  if (connection.state === 'securing') return 'Agreeing on keys with the relay.';
  if (connection.state !== 'connected') return 'Connecting to the relay.';
  return model.state === 'ready' ? 'Reading your text.' : 'Fetching the model.';
}

function joined(view: SessionView): string {
  const { connection, round } = view;
  if (connection.state !== 'connected')
    return 'The relay is out of reach. This tab keeps trying and loses nothing meanwhile.';
  if (round === null || round.end !== null) return afterRound(round);
  const n = round.round;
  switch (round.step) {
    case 'invited':
      return `Invited to round ${n}.`;
    case 'training':
      return `Training in round ${n}, on your text only.`;
    case 'sealing':
      return `Sealing the update of round ${n}.`;
    case 'sent':
      return round.accepted ? `The relay has the update of round ${n}.` : `Sending the update of round ${n}.`;
    case 'merged':
      return `Round ${n} is merged.`;
  }
}

function afterRound(round: RoundProgress | null): string {
  if (round === null) return 'You are in. Waiting for the next round.';
  switch (round.end) {
    case 'merged':
      return `Round ${round.round} is merged, with your part in it. Waiting for the next.`;
    case 'committed':
      return `Round ${round.round} went on without this tab. Waiting for the next.`;
    case 'abandoned':
      return `Round ${round.round} had too few updates and was given up. Waiting for the next.`;
    case 'stopped':
    case 'failed':
    case 'declined':
    case null:
      return `Waiting for the next round${round.reason === null ? '.' : `: ${round.reason}`}`;
  }
}
