/** As in main.tsx: the first paint is HTML and waits for no script. */
void import('./ui/pages/mount-lab.tsx');
