import type { ParticipantState } from '../federation/run-view.ts';

/** One tab in the picture. */
export interface StageDot {
  readonly id: string;
  readonly state: ParticipantState;
  /** 0..1 of the local steps, drawn as an arc while training. */
  readonly progress: number;
  /** Friendly name; drawn only while there are few tabs. Every name also stands in the list beside the picture. */
  readonly name: string;
  /** Drawn with a halo. */
  readonly self: boolean;
}

export interface StageScene {
  readonly dots: readonly StageDot[];
  /** Number of merged rounds; each increase is one pulse. */
  readonly merges: number;
}

/** CSS colours, resolved by the page from its theme. */
export interface StagePalette {
  readonly states: Readonly<Record<ParticipantState, string>>;
  readonly ring: string;
  readonly ink: string;
  readonly muted: string;
  readonly accent: string;
  readonly ground: string;
}

export interface StageSize {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly devicePixelRatio: number;
  /** CSS pixels of the page's root font. */
  readonly fontSize: number;
}

/** Page -> stage worker. `Canvas` is OffscreenCanvas; core knows no DOM type. */
export type StageMessage<Canvas> =
  | { readonly type: 'start'; readonly canvas: Canvas; readonly size: StageSize; readonly palette: StagePalette }
  | { readonly type: 'scene'; readonly scene: StageScene }
  | { readonly type: 'size'; readonly size: StageSize }
  /** `still`: no movement, every change is drawn at once (pause button, reduced motion, hidden page). */
  | { readonly type: 'still'; readonly still: boolean };
