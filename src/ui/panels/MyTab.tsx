import { useEffect, useRef, useState } from 'react';
import type { SessionView } from '../../core/session/session-view.ts';
import { LineChart, type ChartLine } from '../charts/LineChart.tsx';
import { columns, smooth, trend } from '../models/chart-series.ts';
import { modelShare, pauseButton, statusSentence } from '../models/life.ts';
import { roundShare, stepViews, type StepMark } from '../models/stepper.ts';
import { secondsLeft } from '../models/time-left.ts';
import { engineName } from '../models/engine-name.ts';
import { friendlyName } from '../names.ts';
import { useApp, useSession } from '../pages/app-context.ts';
import { Icon, type IconName } from '../primitives/Icon.tsx';
import { useWallNow } from '../primitives/use-now.ts';
import { useWords } from '../strings/language.tsx';
import { LeaveDialog } from './LeaveDialog.tsx';
import css from './my-tab.module.css';

const MARKS: Readonly<Record<StepMark, IconName>> = { done: 'check', now: 'ring', next: 'dot', missed: 'cross' };

const OPENING: SessionView['life'] = { state: 'opening' };

/** Mean over this many steps: Poisson batches differ in size, so single losses jump. */
const LOSS_WINDOW = 5;

/** The life of this tab: where it is in the round, how long is left, whether it learns, and how to stop. */
export function MyTab() {
  const { t } = useWords();
  const title = useRef<HTMLHeadingElement>(null);
  const publicId = useSession((view) => view?.identity.publicId ?? null);
  const returning = useSession((view) => view?.identity.returning ?? false);
  const life = useSession((view) => view?.life ?? null);
  // The button that was pressed is gone; reading goes on at the panel that took its place.
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  return (
    <section className={css['tab']} aria-labelledby="my-tab">
      <div className={css['life']}>
        <header className={css['head']}>
          <h1 id="my-tab" ref={title} tabIndex={-1}>
            {t.tab.title}
          </h1>
          <p className={css['name']}>
            {publicId === null ? '' : (returning ? t.tab.returning : t.tab.knownAs)(friendlyName(publicId))}
          </p>
        </header>
        <Sentence />
        <ModelProblem />
        <Round />
        <Controls life={life ?? OPENING} />
      </div>
      <Loss />
    </section>
  );
}

function Sentence() {
  const { t } = useWords();
  const sentence = useSession((view) => (view === null ? t.tab.life.opening : statusSentence(view, t)));
  return <p className={css['sentence']}>{sentence}</p>;
}

function ModelProblem() {
  const message = useSession((view) => (view?.model.state === 'failed' ? view.model.message : null));
  return message === null ? null : <p className={css['problem']}>{message}</p>;
}

function Round() {
  const { t, f } = useWords();
  const model = useSession((view) => view?.model ?? null);
  const round = useSession((view) => view?.round ?? null);
  const merged = useSession((view) => view?.roundsMerged ?? 0);
  const open = round !== null && round.end === null;
  const now = useWallNow(open);
  const left = open ? secondsLeft(round.deadlineAt, now) : null;
  const steps = stepViews(round);
  // Before the first round the same bar shows how much of the model has arrived.
  const share = model === null ? null : modelShare(model);
  const fetching =
    model?.state === 'loading'
      ? t.tab.modelLoading(share === null ? f.bytes(model.bytesLoaded) : f.percent(share))
      : '';
  return (
    <div className={css['round']}>
      <p className={css['round-line']}>
        <strong>{round === null ? t.tab.noRound : t.tab.round(round.round)}</strong>
        <span>{left === null ? '' : left === 0 ? t.tab.overdue : t.tab.timeLeft(left)}</span>
      </p>
      <ol className={css['steps']}>
        {steps.map(({ step, mark }) => (
          <li key={step} className={css[mark]} aria-current={mark === 'now' ? 'step' : undefined}>
            <span className={css['mark']}>
              <Icon name={MARKS[mark]} />
            </span>
            <span className={css['step']}>
              {t.tab.steps[step]}
              <span className="visually-hidden">, {t.tab.marks[mark]}</span>
            </span>
          </li>
        ))}
      </ol>
      <progress
        className={css['bar']}
        aria-label={fetching === '' ? t.tab.progress : fetching}
        max={1}
        value={fetching === '' ? roundShare(round) : (share ?? 0)}
      />
      <p className={css['under']}>
        <span>
          {round === null
            ? fetching
            : round.end !== null
              ? (round.reason ?? '')
              : round.step === 'training' && round.localSteps > 0
                ? t.tab.localStep(round.localStep, round.localSteps)
                : ''}
        </span>
        <span>{t.tab.merged(merged)}</span>
      </p>
    </div>
  );
}

function Controls({ life }: { readonly life: SessionView['life'] }) {
  const { t, f } = useWords();
  const { commands } = useApp();
  const [leaving, setLeaving] = useState(false);
  const engine = useSession((view) => (view?.model.state === 'ready' ? view.model.report.engine : null));
  const speed = useSession((view) => view?.rounds.at(-1)?.tokensPerSecond ?? null);
  const button = pauseButton(life);
  return (
    <div className={css['controls']}>
      {button === 'none' ? null : (
        <button
          type="button"
          className="button"
          onClick={() => void (button === 'pause' ? commands.pause() : commands.resume())}
        >
          {button === 'pause' ? t.tab.pause : t.tab.resume}
        </button>
      )}
      {life.state === 'opening' ? null : (
        <button type="button" className="button" onClick={() => setLeaving(true)}>
          {t.tab.leave}
        </button>
      )}
      <p className={css['engine']}>
        {engine === null
          ? ''
          : speed === null
            ? engineName(engine, t)
            : t.tab.engineLine(engineName(engine, t), f.integer(speed))}
      </p>
      {leaving ? <LeaveDialog onClose={() => setLeaving(false)} /> : null}
    </div>
  );
}

function Loss() {
  const { t, f } = useWords();
  const losses = useSession((view) => view?.losses ?? null);
  const smoothed = smooth(
    (losses ?? []).map((point) => point.loss),
    LOSS_WINDOW,
  );
  const data = columns(
    smoothed.map((loss, index) => ({ loss, index })),
    (point) => point.index + 1,
    (point) => point.loss,
  );
  const way = trend(smoothed);
  const lines: readonly ChartLine[] = [
    { label: t.model.lossUnit, side: 'left', colour: 'accent', dash: [], format: (value) => f.decimal(value, 2) },
  ];
  const sentence = way === null ? t.tab.lossEmpty : t.tab.lossSentence(way.first, way.last, way.change);
  return (
    <div className={css['loss']}>
      <h2>{t.tab.lossTitle}</h2>
      <LineChart
        columns={data}
        lines={lines}
        xLabel={t.tab.steps.training}
        formatX={f.integer}
        sentence={`${t.tab.lossTitle}. ${sentence}`}
        empty={t.tab.lossEmpty}
      />
      <p className={css['loss-sentence']}>{way === null ? '' : sentence}</p>
    </div>
  );
}
