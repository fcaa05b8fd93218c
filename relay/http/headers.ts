import type { OutgoingHttpHeaders } from 'node:http';

/**
 * Sent with every answer. Cross-origin isolation gives SharedArrayBuffer and precise timers; the policy allows no inline code or
 * style, no foreign origin, and compiled WebAssembly but no eval. Measured facts: workers get their own policy from their own
 * response, so these headers also hold inside workers.
 */
export function securityHeaders(host: string, tls: boolean): OutgoingHttpHeaders {
  // 'self' covers wss: of the same origin in new browsers only, so the socket is named too.
  const socket = `ws://${host} wss://${host}`;
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `connect-src 'self' ${socket}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types plaquette',
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy':
      'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=(), screen-wake-lock=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    // One year. Only over TLS: browsers ignore it elsewhere.
    ...(tls ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
}

/**
 * A host name or address with an optional port. It is copied into the policy, so anything else is refused.
 * 255 = longest DNS name (RFC 1035) plus a port.
 */
export function isHost(host: string | undefined): host is string {
  return host !== undefined && host.length <= 261 && /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host);
}
