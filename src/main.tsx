/**
 * The page is readable before this runs; everything else comes as one further chunk with its styles, so that neither
 * holds up the first paint.
 */
void import('./ui/pages/mount-participant.tsx');
