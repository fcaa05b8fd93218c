// Runs before the first paint, so that a remembered theme does not flash. Kept out of the bundle and out of the HTML (no inline scripts).
try {
  const theme = localStorage.getItem('plaquette-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is denied: the system theme it is.
}
