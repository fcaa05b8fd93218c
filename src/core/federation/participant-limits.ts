import type { Millis } from '../lib/world.ts';

/** Longest pause between two `tick` events of a page in the foreground. */
export const PARTICIPANT_TICK_MS: Millis = 250;
/** A post-quantum handshake takes two round trips and, in JavaScript on a phone, up to a second. */
export const CONNECT_LIMIT_MS: Millis = 5_000;
/** From an open channel to `welcome`. */
export const GREETING_LIMIT_MS: Millis = 5_000;
/** Full jitter: random() x min(cap, base x 2^attempt) (AWS architecture blog, 2015; measured in reference/operations 2.5). */
export const RETRY_BASE_MS: Millis = 100;
export const RETRY_CAP_MS: Millis = 2_000;
/** Unanswered heartbeats that make an open connection a black hole. */
export const BEATS_MISSED_MAX = 2;
/** 64 MiB at 10 Mbit/s. */
export const POST_LIMIT_MS: Millis = 60_000;
/** An adapter takes as long as an update. */
export const FETCH_LIMIT_MS: Millis = 60_000;
/** One strict IndexedDB transaction of 64 MiB takes about a second. */
export const JOURNAL_LIMIT_MS: Millis = 30_000;
/** Work that has got so far when its round closes is finished and sent as a late update. */
export const LATE_SHARE = 0.5;
/** `phase` messages of one phase: at most two a second. */
export const PHASE_PAUSE_MS: Millis = 500;
/**
 * "Replaced" may be this tab's own ghost: a hello that was stuck in the network and arrived after the one of its successor.
 * So the first one is answered by coming back once; a second within a minute means that another tab really lives.
 */
export const REPLACED_RETRY_MS: Millis = 3_000;
export const REPLACED_WINDOW_MS: Millis = 60_000;
