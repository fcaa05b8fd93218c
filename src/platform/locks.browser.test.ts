import { afterEach, describe, expect, it } from 'vitest';
import { claimIdentity, type IdentityClaim } from './locks.ts';

const claims: IdentityClaim[] = [];
async function claim(preferred?: string): Promise<IdentityClaim> {
  const made = await claimIdentity(preferred);
  claims.push(made);
  return made;
}

afterEach(async () => {
  for (const made of claims.splice(0)) made.release();
  await navigator.locks.query();
});

describe('claimIdentity', () => {
  it('gives the first tab the preferred identity and each further one its own', async () => {
    const made = [await claim(), await claim(), await claim()];
    expect(made.map(({ identity }) => identity)).toEqual(['main', 'tab-2', 'tab-3']);
    expect(made.map(({ preferred }) => preferred)).toEqual([true, false, false]);
  });

  it('reuses an identity that was given back', async () => {
    const first = await claim();
    await claim();
    first.release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await claim()).identity).toBe('main');
  });

  it('waits for the identity of its former self after a reload, and not for ever', async () => {
    const before = await claim();
    const reloaded = claimIdentity('main', 'main');
    setTimeout(() => before.release(), 100);
    const after = await reloaded;
    claims.push(after);
    expect(after.identity).toBe('main');
    const duplicate = await claimIdentity('main', 'main');
    claims.push(duplicate);
    expect(duplicate.identity).toBe('tab-2');
  });

  it('takes the identity over, tells the tab that had it, and gives its own back', async () => {
    const first = await claim();
    const second = await claim();
    const taken = await second.takeOver();
    claims.push(taken);
    await first.lost;
    expect(taken).toMatchObject({ identity: 'main', preferred: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await claim()).identity).toBe('tab-2');
  });

  it('gives every tab an identity of its own where there are no locks', async () => {
    const [a, b] = [await claimIdentity('main', null, null), await claimIdentity('main', null, null)];
    expect(a.identity).not.toBe(b.identity);
    expect((await a.takeOver()).identity).toBe(a.identity);
  });
});
