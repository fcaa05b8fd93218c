import { startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { createAudienceApp } from '../../app/audience-app.ts';
import { AudiencePage } from './AudiencePage.tsx';

const root = document.getElementById('root');
if (root !== null) {
  const app = createAudienceApp();
  // As a transition React draws in slices, so that a slow machine stays responsive meanwhile.
  startTransition(() => createRoot(root).render(<AudiencePage app={app} />));
}
