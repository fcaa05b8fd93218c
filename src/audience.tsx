import { createRoot } from 'react-dom/client';
import { createAudienceApp } from './app/audience-app.ts';
import { AudiencePage } from './ui/pages/AudiencePage.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<AudiencePage app={createAudienceApp()} />);
