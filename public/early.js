// What cannot wait for the bundle. Kept out of the HTML (no inline scripts). src/ui/pages/take-over.ts takes over from here.
try {
  // Before the first paint, so that a remembered theme does not flash.
  const theme = localStorage.getItem('plaquette-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is denied: the system theme it is.
}
// A press of Join before the page is alive is remembered, not lost.
document.addEventListener('click', ({ target }) => {
  const { dataset } = document.documentElement;
  if (dataset.alive === undefined && target instanceof Element && target.closest('#join') !== null)
    dataset.wanted = 'join';
});
