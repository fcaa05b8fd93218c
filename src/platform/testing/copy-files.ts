import type { CopyFiles } from '../vault-copy.ts';

/** Copy slots in memory that a test may damage. */
export function memoryCopyFiles(): CopyFiles & { readonly slots: Map<0 | 1, string> } {
  const slots = new Map<0 | 1, string>();
  return {
    slots,
    read: (slot) => Promise.resolve(slots.get(slot) ?? null),
    write: (slot, text) => {
      slots.set(slot, text);
      return Promise.resolve();
    },
    remove: (slot) => {
      slots.delete(slot);
      return Promise.resolve();
    },
  };
}
