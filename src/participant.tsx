import { createRoot } from 'react-dom/client';
import { createParticipantApp } from './app/participant-app.ts';
import { participantPorts } from './app/participant-ports.ts';
import { ParticipantPage } from './ui/pages/ParticipantPage.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<ParticipantPage app={createParticipantApp(participantPorts())} />);
