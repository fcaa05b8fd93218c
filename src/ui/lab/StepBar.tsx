import { useEffect, useState } from 'react';
import { useLabWords } from '../strings/lab-language.tsx';
import { useLab, useLabState } from './lab-context.ts';
import { operationWords } from './models/operation-words.ts';
import css from './circuit-panel.module.css';

/** Slow enough to see what each gate did. */
const PLAY_MS = 900;

/** Through the circuit operation by operation; the results below follow. */
export function StepBar() {
  const words = useLabWords();
  const { t } = words;
  const { commands } = useLab();
  const draft = useLabState((state) => state.draft);
  const wanted = useLabState((state) => state.step);
  const broken = useLabState((state) => state.textFailure !== null);
  const [playing, setPlaying] = useState(false);
  const all = draft?.circuit.operations.length ?? 0;
  const step = wanted ?? all;
  const ended = step >= all;

  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (ended) setPlaying(false);
      else commands.setStep(step + 1);
    }, PLAY_MS);
    return () => clearTimeout(timer);
  }, [playing, ended, step, commands]);

  const last = draft?.circuit.operations[step - 1];
  const what = draft === null || last === undefined ? '' : operationWords(last, draft.circuit, words);
  const sentence = ended ? t.steps.end(all) : step === 0 ? t.steps.start : t.steps.at(step, all, what);
  const go = (to: number) => (): void => {
    setPlaying(false);
    commands.setStep(to);
  };
  const play = (): void => {
    if (!playing && ended) commands.setStep(0);
    setPlaying(!playing);
  };
  const none = all === 0 || broken;
  return (
    <section className={css['steps']} aria-label={t.steps.title}>
      <div className={css['buttons']} role="group" aria-label={t.steps.title}>
        <StepButton label={t.steps.first} mark="first" disabled={none || step === 0} onClick={go(0)} />
        <StepButton label={t.steps.previous} mark="back" disabled={none || step === 0} onClick={go(step - 1)} />
        <button type="button" className={`button button-small ${css['play'] ?? ''}`} disabled={none} onClick={play}>
          {playing ? t.steps.stop : t.steps.play}
        </button>
        <StepButton label={t.steps.next} mark="next" disabled={none || ended} onClick={go(step + 1)} />
        <StepButton label={t.steps.last} mark="last" disabled={none || ended} onClick={go(all)} />
      </div>
      <input
        type="range"
        className={css['stepRange']}
        min={0}
        max={Math.max(1, all)}
        step={1}
        value={step}
        disabled={none}
        aria-label={t.steps.slider}
        aria-valuetext={sentence}
        onChange={(event) => go(Number(event.target.value))()}
      />
      <p className={css['stepWords']}>{sentence}</p>
    </section>
  );
}

/** On a 16 x 16 grid. */
const MARKS = {
  first: 'M2.5 3h2v10h-2ZM13.5 3v10L5.5 8Z',
  back: 'M12 3v10L4 8Z',
  next: 'M4 3v10l8-5Z',
  last: 'M11.5 3h2v10h-2ZM2.5 3v10l8-5Z',
} as const;

function StepButton(props: {
  readonly label: string;
  readonly mark: keyof typeof MARKS;
  readonly disabled: boolean;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      className={`button button-small ${css['arrow'] ?? ''}`}
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <svg viewBox="0 0 16 16" width="1em" height="1em" aria-hidden="true" fill="currentColor">
        <path d={MARKS[props.mark]} />
      </svg>
    </button>
  );
}
