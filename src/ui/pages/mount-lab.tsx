import { startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { openLab } from '../../app/lab/open-lab.ts';
import { LabPage } from './LabPage.tsx';

const root = document.getElementById('root');
if (root !== null) {
  const { app, preferences } = openLab();
  // As a transition React draws in slices, so that a slow phone stays responsive meanwhile.
  startTransition(() => createRoot(root).render(<LabPage app={app} preferences={preferences} />));
}
