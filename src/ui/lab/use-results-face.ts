import type { Face } from '../primitives/Panel.tsx';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLabState } from './lab-context.ts';

/** What every panel of results is: `stale` while the circuit in the text is not the one that ran. */
export function useResultsFace(): Face {
  return useLabState(({ ready, report, run, textFailure }): Face => {
    if (!ready) return 'loading';
    if (report === null) return run.state === 'idle' || run.state === 'failed' ? 'empty' : 'loading';
    return textFailure !== null || run.state === 'failed' || run.state === 'cancelled' ? 'stale' : 'live';
  });
}

/** What `stale` results are of; null while they are live. */
export function useStaleNote(): string | null {
  const { t } = useLabWords();
  const broken = useLabState((state) => state.textFailure !== null);
  const face = useResultsFace();
  if (face !== 'stale') return null;
  return broken ? t.state.stale : t.state.earlier;
}
