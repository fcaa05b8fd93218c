/** Hands a file to the browser's downloads. */
export function saveFile(name: string, type: string, content: Uint8Array | string): void {
  const part = typeof content === 'string' ? content : new Uint8Array(content);
  const url = URL.createObjectURL(new Blob([part], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes by the time this runs; an address that is never revoked keeps them for ever.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
