import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { OpenStage, Stage } from '../../app/stage.ts';
import type { StagePalette, StageScene, StageSize } from '../../core/contracts/stage.ts';
import { STATE_ORDER } from '../models/people.ts';
import { readColours, readGround } from '../primitives/colours.ts';
import { useMedia } from '../primitives/use-now.ts';
import { usePreferences } from '../strings/language.tsx';
import css from './constellation.module.css';

export interface ConstellationProps {
  readonly scene: StageScene;
  readonly openStage: OpenStage;
  /** What the picture shows, in words: its accessible name. */
  readonly sentence: string;
  /** Paused by the person. */
  readonly paused: boolean;
  /** What the picture stands on; names are outlined with it. */
  readonly ground: 'paper' | 'sheet';
  readonly onUnavailable: () => void;
}

/** All tabs around the relay. Another theme is another picture: its colours are read once. */
export function Constellation(props: ConstellationProps) {
  const preferences = usePreferences();
  const theme = useStore(preferences, (state) => state.theme);
  const dark = useMedia('(prefers-color-scheme: dark)');
  const forced = useMedia('(forced-colors: active)');
  return <Drawn key={`${theme} ${dark} ${forced}`} {...props} />;
}

/** Drawn in the stage worker. The canvas is made by hand: it can be handed over only once. */
function Drawn(props: ConstellationProps) {
  const { scene, paused } = props;
  const host = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Stage | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const reduced = useMedia('(prefers-reduced-motion: reduce)');

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    let gone = false;
    let opened: Stage | null = null;
    const canvas = document.createElement('canvas');
    element.append(canvas);
    const unavailable = (): void => {
      if (!gone) latest.current.onUnavailable();
    };
    const observer = new ResizeObserver(() => opened?.size(stageSize(element)));
    latest.current
      .openStage(canvas, stageSize(element), readPalette(latest.current.ground), unavailable)
      .then((result) => {
        if (gone) return result?.close();
        if (result === null) return unavailable();
        opened = result;
        observer.observe(element);
        setStage(result);
      }, unavailable);
    return () => {
      gone = true;
      observer.disconnect();
      opened?.close();
      canvas.remove();
      setStage(null);
    };
  }, []);

  useEffect(() => {
    const update = (): void => stage?.still(paused || reduced || document.hidden);
    update();
    document.addEventListener('visibilitychange', update);
    return () => document.removeEventListener('visibilitychange', update);
  }, [stage, paused, reduced]);
  useEffect(() => stage?.scene(scene), [stage, scene]);

  return <div ref={host} className={css['stage']} role="img" aria-label={props.sentence} />;
}

function stageSize(element: HTMLElement): StageSize {
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    devicePixelRatio: globalThis.devicePixelRatio,
    fontSize: Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
  };
}

function readPalette(ground: ConstellationProps['ground']): StagePalette {
  const stateNames = STATE_ORDER.map((state) => `state-${state}` as const);
  const read = readColours([...stateNames, 'line', 'ink', 'ink-2', 'accent']);
  const states = Object.fromEntries(
    STATE_ORDER.map((state) => [state, read[`state-${state}`]]),
  ) as StagePalette['states'];
  return {
    states,
    ring: read.line,
    ink: read.ink,
    muted: read['ink-2'],
    accent: read.accent,
    ground: readGround(ground),
  };
}
