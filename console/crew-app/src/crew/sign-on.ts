const TOKEN_KEY = 'vanags.crew.token';
/** What can stand in a subprotocol (tracker/PROTOCOL.md, "Connecting"). */
const TOKEN = /^[A-Za-z0-9._~-]{8,400}$/;

/** The token in what was typed or pasted, a whole link too; undefined when there is none. */
export function readToken(text: string): string | undefined {
  const inLink = /#(?:.*&)?token=([^&\s]+)/.exec(text)?.[1];
  const token = (inLink ?? text).trim();
  return TOKEN.test(token) ? token : undefined;
}

/**
 * The token of the address's fragment, which is taken away from the address at once; else the one kept. A fragment is never sent to
 * a server, as a query would be.
 */
export function tokenAtStart(): string | undefined {
  const { hash, pathname, search } = location;
  if (hash.includes('token=')) {
    history.replaceState(null, '', pathname + search);
    const token = readToken(hash);
    if (token !== undefined) {
      keepToken(token);
      return token;
    }
  }
  try {
    return localStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    return undefined; // the browser keeps nothing for this page
  }
}

export function keepToken(token: string): void {
  try {
    localStorage.setItem(TOKEN_KEY, token);
  } catch {
    // signed on until the page is closed
  }
}

export function forgetToken(): void {
  try {
    localStorage.removeItem(TOKEN_KEY);
  } catch {
    // nothing was kept
  }
}

/**
 * Names a device's own store, so that what one device has not sent is never sent as another. FNV-1a, twice, 64 bits: a name, not a
 * secret; the token itself is kept on the same phone.
 */
export function storeName(token: string): string {
  const half = (seed: number) => {
    let h = seed;
    for (let i = 0; i < token.length; i++) h = Math.imul(h ^ token.charCodeAt(i), 0x01000193);
    return (h >>> 0).toString(16).padStart(8, '0');
  };
  return `vanags-crew-${half(0x811c9dc5)}${half(0x5bd1e995)}`;
}
