import { afterAll, beforeAll, describe, it } from 'vitest';
import type { QuantumEngine } from './engine.ts';
import { dynamicContract } from './testing/contract-dynamic.ts';
import { gradientsContract } from './testing/contract-gradients.ts';
import { randomContract } from './testing/contract-random.ts';
import { readsContract } from './testing/contract-reads.ts';
import { expectDisposal, refusalsContract } from './testing/contract-refusals.ts';
import { statesContract } from './testing/contract-states.ts';
import { suiteOver, type ContractOptions } from './testing/suite.ts';

/**
 * Everything that all engines must do alike, against references that share no code with any of them. `open` gives undefined
 * where the device is missing: its tests then show as skipped. Seeds are fixed; they are in the names of the generators.
 */
export function engineContract(
  name: string,
  open: () => Promise<QuantumEngine | undefined>,
  options: ContractOptions,
): void {
  describe(`engine ${name}`, () => {
    let engine: QuantumEngine | undefined;
    beforeAll(async () => {
      engine = await open();
    });
    afterAll(() => engine?.dispose());
    const suite = suiteOver(() => engine, options);
    describe('states and gates', () => {
      statesContract(suite);
    });
    describe('random circuits', () => {
      randomContract(suite);
    });
    describe('dynamic circuits', () => {
      dynamicContract(suite);
    });
    describe('reading', () => {
      readsContract(suite);
    });
    describe('gradients', () => {
      gradientsContract(suite);
    });
    describe('refusals', () => {
      refusalsContract(suite);
    });

    // oxlint-disable-next-line vitest/expect-expect -- expectDisposal does
    it('refuses everything after its end, and ends what waits', async (context) => {
      const another = await open();
      if (another === undefined) return context.skip();
      await expectDisposal(another);
    });
  });
}
