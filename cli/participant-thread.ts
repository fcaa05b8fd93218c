// Entry of one headless participant in a thread of its own (cli/commands/join.ts, --count and the relay's --demo).
import { parentPort, workerData } from 'node:worker_threads';
import type { SessionView } from '../src/core/session/session-view.ts';
import { runHeadless, summaryOf, type HeadlessOptions } from './headless.ts';
import type { ThreadMessage } from './participant-pool.ts';

const options = workerData as HeadlessOptions;
const stop = new AbortController();
let told = '';

function tell(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

/** Progress changes many times a second; the parent hears of sentences only. */
function onView(view: SessionView): void {
  const summary = summaryOf(options.label, view);
  const next = JSON.stringify([summary.sentence, summary.roundsMerged]);
  if (next === told) return;
  told = next;
  tell({ type: 'news', summary });
}

parentPort?.on('message', () => stop.abort(new Error('stopped')));

const ended = await runHeadless(options, stop.signal, onView);
tell(ended.ok ? { type: 'ended', summary: ended.value } : { type: 'failed', failure: ended.error });
parentPort?.close();
