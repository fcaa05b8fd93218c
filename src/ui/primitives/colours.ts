/**
 * Resolves custom properties to colours that a canvas understands: `light-dark()` and the theme are applied by the
 * browser on a probe element, which is removed again.
 */
export function readColours<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const resolved = Object.fromEntries(
    names.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  ) as Record<Name, string>;
  probe.remove();
  return resolved;
}

/** The same for a ground: with forced colours, text and background become different system colours. */
export function readGround(name: string): string {
  const probe = document.createElement('span');
  probe.hidden = true;
  probe.style.backgroundColor = `var(--${name})`;
  document.body.append(probe);
  const { backgroundColor } = getComputedStyle(probe);
  probe.remove();
  return backgroundColor;
}
