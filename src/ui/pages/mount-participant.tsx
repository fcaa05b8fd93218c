import { startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { createParticipantApp } from '../../app/participant-app.ts';
import { participantPorts } from '../../app/participant-ports.ts';
import { ParticipantPage } from './ParticipantPage.tsx';
import { takeOver } from './take-over.ts';

const root = document.getElementById('root');
if (root !== null) {
  const app = createParticipantApp(participantPorts());
  takeOver(root, () => void app.commands.join());
  // As a transition React draws in slices, so that a slow phone stays responsive meanwhile.
  startTransition(() => createRoot(root).render(<ParticipantPage app={app} />));
}
