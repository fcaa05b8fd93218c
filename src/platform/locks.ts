/**
 * Which tab is which participant. Web Locks decide: the first tab of a browser profile is 'main', further tabs get
 * 'tab-2', 'tab-3', ... A crashed or closed tab gives its lock back by itself.
 */
export interface IdentityClaim {
  /** Storage compartment of this tab. */
  readonly identity: string;
  /** False where another tab already was the preferred identity: offer to take over. */
  readonly preferred: boolean;
  /** Resolves when another tab has taken this identity over; this tab must stop. */
  readonly lost: Promise<void>;
  release(): void;
  /** Takes the preferred identity from the tab that has it, and gives the present one back. */
  takeOver(): Promise<IdentityClaim>;
}

/** More tabs than this on one profile train slower than fewer. */
const IDENTITIES_MAX = 16;

/** A page that reloads asks before its former self has let go; a duplicated tab waits this long in vain. */
const RELOAD_WAIT_MS = 1_500;

/** `remembered`: what this tab was before it was reloaded (kept in session storage by the page). */
export async function claimIdentity(
  preferred = 'main',
  remembered: string | null = null,
  locks = hostLocks(),
): Promise<IdentityClaim> {
  // Without locks two tabs could spend one journal, so each tab is its own participant, also after a reload.
  if (locks === null) return unlocked(`tab-${crypto.randomUUID().slice(0, 8)}`);
  if (remembered !== null) {
    const held = await hold(locks, remembered, { signal: AbortSignal.timeout(RELOAD_WAIT_MS) });
    if (held !== null) return claimOf(locks, preferred, remembered, held);
  }
  for (let i = 1; i <= IDENTITIES_MAX; i++) {
    const identity = i === 1 ? preferred : `tab-${i}`;
    const held = await hold(locks, identity, { ifAvailable: true });
    if (held !== null) return claimOf(locks, preferred, identity, held);
  }
  return unlocked(`tab-${crypto.randomUUID().slice(0, 8)}`);
}

interface Held {
  readonly lost: Promise<void>;
  release(): void;
}

/** null: another tab has it (never with `steal`). */
function hold(locks: LockManager, identity: string, options: LockOptions): Promise<Held | null> {
  return new Promise((resolve) => {
    let release = (): void => undefined;
    const until = new Promise<void>((done) => {
      release = done;
    });
    let reportLost = (): void => undefined;
    const lost = new Promise<void>((done) => {
      reportLost = done;
    });
    locks
      .request(`plaquette-identity-${identity}`, options, (lock) => {
        resolve(lock === null ? null : { lost, release });
        return lock === null ? undefined : until;
      })
      // A stolen lock rejects the holder's request with an AbortError, an expired signal the waiting one.
      .catch(() => {
        resolve(null);
        reportLost();
      });
  });
}

function claimOf(locks: LockManager, preferred: string, identity: string, held: Held): IdentityClaim {
  return {
    identity,
    preferred: identity === preferred,
    lost: held.lost,
    release: () => held.release(),
    takeOver: async () => {
      if (identity === preferred) return claimOf(locks, preferred, identity, held);
      const stolen = await hold(locks, preferred, { steal: true });
      if (stolen === null) return claimOf(locks, preferred, identity, held);
      held.release();
      return claimOf(locks, preferred, preferred, stolen);
    },
  };
}

function unlocked(identity: string): IdentityClaim {
  const claim: IdentityClaim = {
    identity,
    preferred: false,
    lost: new Promise(() => undefined),
    release: () => undefined,
    takeOver: () => Promise.resolve(claim),
  };
  return claim;
}

/** Typed as always there, but missing outside secure contexts. */
function hostLocks(): LockManager | null {
  return (navigator as { readonly locks?: LockManager }).locks ?? null;
}
