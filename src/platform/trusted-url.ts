/** lib.dom has no Trusted Types yet; this is the part that is used. */
interface TrustedTypesHost {
  readonly trustedTypes?: {
    createPolicy(
      name: string,
      rules: { createScriptURL: (url: string) => string },
    ): {
      createScriptURL(url: string): unknown;
    };
  };
}

let policy: ReturnType<NonNullable<TrustedTypesHost['trustedTypes']>['createPolicy']> | undefined;

/** Only scripts of this page's own origin may become workers. */
function sameOrigin(url: string): string {
  const absolute = new URL(url, location.href);
  if (absolute.origin !== location.origin)
    throw new TypeError(`Refused a worker script of another origin: ${absolute.origin}`);
  return absolute.href;
}

/**
 * A worker's address, passed through the policy `plaquette` that the page's CSP names. Browsers without Trusted Types get
 * the checked string. Throws TypeError for another origin.
 */
export function trustedScriptUrl(url: string): string | URL {
  const host = globalThis as unknown as TrustedTypesHost;
  if (host.trustedTypes === undefined) return sameOrigin(url);
  policy ??= host.trustedTypes.createPolicy('plaquette', { createScriptURL: sameOrigin });
  return policy.createScriptURL(url) as URL;
}
