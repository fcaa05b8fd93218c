import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { LabApp } from '../../app/lab/lab-app.ts';
import type { LabState } from '../../app/lab/lab-state.ts';

export const LabContext = createContext<LabApp | null>(null);

export function useLab(): LabApp {
  const lab = use(LabContext);
  if (lab === null) throw new Error('useLab outside of LabContext');
  return lab;
}

/** A component renders again only if what it selects is another object or value. */
export function useLabState<T>(select: (state: LabState) => T): T {
  return useStore(useLab().store, select);
}
