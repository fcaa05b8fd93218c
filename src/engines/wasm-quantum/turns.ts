/**
 * Lets messages and the starts of workers in. With a delay in milliseconds a timer; without one a message channel, which
 * answers at once where timers are held back.
 */
export function nextTurn(delayMs = 0): Promise<void> {
  return new Promise((resolve) => {
    if (delayMs > 0) {
      setTimeout(resolve, delayMs);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
