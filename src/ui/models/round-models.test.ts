import { describe, expect, it } from 'vitest';
import { sessionView } from '../../../tests/fixtures/session-views.ts';
import { ROUND_STEPS, type RoundEnd } from '../../core/session/session-view.ts';
import { createFormat } from '../format.ts';
import { en } from '../strings/en.ts';
import { isIn, modelShare, pauseButton, showsLife, statusSentence } from './life.ts';
import { budgetView } from './privacy.ts';
import { roundShare, stepViews } from './stepper.ts';
import { phaseShare, secondsLeft } from './time-left.ts';

const t = en(createFormat('en'));

describe('stepper', () => {
  it('shows every step as to come before the first invitation', () => {
    expect(stepViews(null).map(({ mark }) => mark)).toEqual(['next', 'next', 'next', 'next', 'next']);
  });

  it('marks exactly one step as now while a round is open', () => {
    for (const step of ROUND_STEPS.slice(0, 4)) {
      const marks = stepViews({ step, end: null }).map(({ mark }) => mark);
      expect(marks.filter((mark) => mark === 'now')).toHaveLength(1);
      expect(marks[ROUND_STEPS.indexOf(step)]).toBe('now');
    }
  });

  it('marks all steps as done after a merge', () => {
    expect(new Set(stepViews({ step: 'merged', end: 'merged' }).map(({ mark }) => mark))).toEqual(new Set(['done']));
  });

  it('marks what a lost round did not reach as missed, never as now', () => {
    const ends: readonly RoundEnd[] = ['committed', 'abandoned', 'stopped', 'failed', 'declined'];
    for (const end of ends) {
      expect(stepViews({ step: 'training', end }).map(({ mark }) => mark)).toEqual([
        'done',
        'missed',
        'missed',
        'missed',
        'missed',
      ]);
    }
  });

  it('moves the bar forward with every step and survives a progress that is no number', () => {
    const shares = ROUND_STEPS.map((step) => roundShare({ step, progress: 0.5, end: null }));
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(roundShare({ step: 'training', progress: Number.NaN, end: null })).toBeCloseTo(0.05);
    expect(roundShare({ step: 'training', progress: 7, end: null })).toBeLessThan(0.85);
  });
});

describe('time left', () => {
  it('is computed from the deadline, rounded up, and never negative', () => {
    expect(secondsLeft(10_000, 9_001)).toBe(1);
    expect(secondsLeft(10_000, 10_000)).toBe(0);
    expect(secondsLeft(10_000, 99_000)).toBe(0);
  });

  it('is unknown without a usable deadline', () => {
    expect(secondsLeft(null, 0)).toBeNull();
    expect(secondsLeft(Number.NaN, 0)).toBeNull();
    expect(phaseShare(0, null, 5)).toBeNull();
    expect(phaseShare(10, 10, 5)).toBeNull();
  });

  it('stays between nothing and everything when clocks disagree', () => {
    expect(phaseShare(0, 100, -3_600_000)).toBe(0);
    expect(phaseShare(0, 100, 3_600_000)).toBe(1);
    expect(phaseShare(0, 100, 25)).toBe(0.25);
  });
});

describe('privacy budget', () => {
  const spend = (epsilon: number | null, roundsLeft: number | null = null) => ({
    epsilon,
    delta: 1e-5,
    rounds: 3,
    roundsLeft,
  });

  it('warns from 80 % and is spent at the limit or when no round fits any more', () => {
    expect(budgetView(spend(2, 41), 8, 0.8)).toMatchObject({ level: 'ok', share: 0.25, roundsLeft: 41 });
    expect(budgetView(spend(6.5, 5), 8, 0.8).level).toBe('near');
    expect(budgetView(spend(8.01, 0), 8, 0.8)).toMatchObject({ level: 'spent', share: 1 });
    expect(budgetView(spend(7.9, 0), 8, 0.8).level).toBe('spent');
  });

  it('never shows an epsilon when noise is off', () => {
    expect(budgetView(spend(2), 8, 0)).toMatchObject({ level: 'unlimited', spent: null });
    expect(budgetView(spend(null), 8, 0.8)).toMatchObject({ level: 'unlimited', spent: null });
  });

  it('is unknown before the first round and for numbers that make no sense', () => {
    expect(budgetView(null, 8, 0.8).level).toBe('unknown');
    expect(budgetView(spend(Number.NaN), 8, 0.8).level).toBe('unknown');
    expect(budgetView(spend(1), 0, 0.8).level).toBe('unknown');
  });
});

describe('life of the tab', () => {
  it('replaces the invitation from joining until the end, not after leaving', () => {
    expect(isIn(null)).toBe(false);
    expect(isIn({ state: 'joining' })).toBe(true);
    expect(isIn({ state: 'finished', rounds: 3 })).toBe(true);
    expect(isIn({ state: 'ready', left: true })).toBe(false);
    expect(isIn({ state: 'failed', code: 'X', message: 'no' })).toBe(false);
  });

  it('turns the page over with the click, not seconds later', () => {
    expect(showsLife('idle', null)).toBe(false);
    expect(showsLife('starting', null)).toBe(true);
    expect(showsLife('running', { state: 'opening' })).toBe(true);
    expect(showsLife('running', { state: 'ready', left: true })).toBe(false);
    expect(showsLife('failed', null)).toBe(false);
  });

  it('offers pause only while it trains and continue only while it is paused', () => {
    expect(pauseButton({ state: 'joined' })).toBe('pause');
    expect(pauseButton({ state: 'paused' })).toBe('resume');
    expect(pauseButton({ state: 'budget-spent' })).toBe('none');
  });

  it('says what happens now, in every life and every step', () => {
    const base = sessionView(0);
    const joined = ROUND_STEPS.map((step) =>
      statusSentence({ ...base, round: base.round === null ? null : { ...base.round, step } }, t),
    );
    expect(new Set(joined).size).toBe(ROUND_STEPS.length);
    expect(joined[1]).toBe('Training in round 12, on your text only.');
    const away = { ...base, connection: { state: 'connecting' as const, detail: '', retryAt: null } };
    expect(statusSentence(away, t)).toContain('loses nothing');
    expect(statusSentence({ ...base, life: { state: 'failed', code: 'X', message: 'The relay refused.' } }, t)).toBe(
      'The relay refused.',
    );
  });

  it('knows how much of the model has arrived only if the server says how long it is', () => {
    expect(modelShare({ state: 'loading', id: 'm', bytesLoaded: 5, bytesTotal: 10 })).toBe(0.5);
    expect(modelShare({ state: 'loading', id: 'm', bytesLoaded: 50, bytesTotal: 10 })).toBe(1);
    expect(modelShare({ state: 'loading', id: 'm', bytesLoaded: 5, bytesTotal: null })).toBeNull();
  });
});
