/** Rows of a hex dump: 16 bytes each, grouped by four. */
export function hexRows(hex: string): readonly string[] {
  const pairs = hex.match(/../gu) ?? [];
  const rows: string[] = [];
  for (let at = 0; at < pairs.length; at += 16) {
    const groups = [0, 4, 8, 12].map((offset) =>
      pairs.slice(at + offset, Math.min(at + offset + 4, at + 16)).join(' '),
    );
    rows.push(groups.filter((group) => group !== '').join('  '));
  }
  return rows;
}
