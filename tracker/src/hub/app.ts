import uWS, { type HttpRequest, type HttpResponse, type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import { clientAddress } from '../ip-network.js';
import type { Settings } from '../settings.js';

/** The port is taken, the address is not ours, or the certificate cannot be used. */
export class ListenError extends Error {
  readonly code = 'cannot_listen';
}

/** The one uWebSockets.js app that crews, consoles and the API share. @throws ListenError */
export function createApp({ tls }: Settings): TemplatedApp {
  if (tls === undefined) return uWS.App();
  try {
    return uWS.SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
  } catch {
    // what is thrown says no more than that
    throw new ListenError(
      `TLS_CERT_FILE=${tls.certFile}, TLS_KEY_FILE=${tls.keyFile}: cannot be read, or are not a certificate and its key (PEM)`,
    );
  }
}

export interface Listening {
  readonly port: number;
  /** Takes no new connections from now on. */
  close(): void;
}

/** LIBUS_LISTEN_EXCLUSIVE_PORT of uSockets. Without it a second server shares a taken port, and nobody is told. */
const EXCLUSIVE_PORT = 1;

/** Listens on exactly this address, and on no port that somebody else has. @throws ListenError naming the port's setting */
export function listen(
  app: TemplatedApp,
  { host, port }: Pick<Settings, 'host' | 'port'>,
  setting = 'PORT',
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const listening = (socket: us_listen_socket | false) => {
      if (!socket)
        reject(new ListenError(`${setting}=${port}: ${host}:${port} is taken, or not an address of this machine`));
      else resolve({ port: uWS.us_socket_local_port(socket), close: () => uWS.us_listen_socket_close(socket) });
    };
    // the binding takes host, port and options together; its types know only two of them at a time
    (
      app.listen as unknown as (host: string, port: number, options: number, callback: typeof listening) => TemplatedApp
    ).call(app, host, port, EXCLUSIVE_PORT, listening);
  });
}

const decoder = new TextDecoder();

/** The peer's address; that of the client behind a proxy that the settings trust. */
export function remoteAddress(res: HttpResponse, req: HttpRequest, trustedProxies: readonly string[]): string {
  const peer = plainAddress(decoder.decode(res.getRemoteAddressAsText()));
  return clientAddress(peer, req.getHeader('x-forwarded-for'), trustedProxies);
}

/** IPv4 addresses come mapped into IPv6: ::ffff:127.0.0.1, written out in full. */
function plainAddress(text: string): string {
  const mapped = /^(?:0000:){5}ffff:([0-9a-f]{2})([0-9a-f]{2}):([0-9a-f]{2})([0-9a-f]{2})$/.exec(text);
  return mapped === null
    ? text
    : mapped
        .slice(1)
        .map((part) => Number.parseInt(part, 16))
        .join('.');
}
