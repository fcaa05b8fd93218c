import { at } from '../src/core/lib/assert.ts';
import type { Prng } from '../src/core/lib/prng.ts';
import type { Plan } from './plan.ts';
import type { RelayNode } from './relay-node.ts';
import type { TabNode } from './tab-node.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ChaosCounts {
  clockJumps: number;
  blackHoles: number;
  freezes: number;
}

/** A whole day in either direction. */
const JUMP_MS = 86_400_000;

/** Schedules the faults of the plan, and the end of all of them. */
export function unleash(
  time: VirtualTime,
  prng: Prng,
  plan: Plan,
  relay: RelayNode,
  tabs: readonly TabNode[],
): ChaosCounts {
  const { faults } = plan;
  const counts: ChaosCounts = { clockJumps: 0, blackHoles: 0, freezes: 0 };
  const every = (meanMs: number, fault: () => void): void => {
    if (meanMs === 0) return;
    const next = (): void => {
      const delayMs = -Math.log(1 - prng.float()) * meanMs;
      if (time.now + delayMs >= faults.untilMs) return;
      time.after(delayMs, () => {
        fault();
        next();
      });
    };
    next();
  };
  const anyTab = (): TabNode => prng.pick(tabs);
  /** Only these may leave for good. */
  const fickleTab = (): TabNode | null =>
    tabs.length > plan.steady ? at(tabs, plan.steady + prng.below(tabs.length - plan.steady)) : null;

  every(faults.relayCrashMs, () => relay.condemn(prng.below(8)));
  every(faults.tabCrashMs, () => (prng.below(2) === 0 ? anyTab().kill() : anyTab().condemn(prng.below(6))));
  every(faults.blackHoleMs, () => {
    const { connection } = anyTab();
    if (connection === null) return;
    counts.blackHoles += 1;
    connection.blackHole = true;
  });
  every(faults.socketLossMs, () => {
    const { connection } = anyTab();
    if (connection?.tabOpen !== true) return;
    connection.tabOpen = false;
    connection.onTabClosed();
    time.after(prng.below(5000), () => {
      if (!connection.relayOpen) return;
      connection.relayOpen = false;
      connection.onRelayClosed();
    });
  });
  every(faults.pauseMs, () => {
    const tab = anyTab();
    tab.deliver({ type: 'pause' });
    time.after(prng.below(8000), () => tab.deliver({ type: 'resume' }));
  });
  every(faults.leaveMs, () => {
    const tab = anyTab();
    tab.leave();
    time.after(prng.below(8000), () => tab.rejoin());
  });
  every(faults.leaveMs, () => fickleTab()?.leave());
  every(faults.hideMs, () => {
    const tab = anyTab();
    tab.hidden = true;
    time.after(prng.below(15_000), () => tab.show());
  });
  every(faults.freezeMs, () => {
    counts.freezes += 1;
    anyTab().freeze(prng.below(20_000));
  });
  every(faults.clockJumpMs, () => {
    counts.clockJumps += 1;
    const jump = (prng.float() * 2 - 1) * JUMP_MS;
    if (prng.below(2) === 0) relay.wallOffset = Math.round(jump);
    else anyTab().wallOffset = Math.round(jump);
  });
  return counts;
}
