import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A flush is the only thing the tracker sends that is this large. */
const LARGE_BYTES = 4000;

/**
 * Stands between a tracker and its database's socket. On demand it waits for a flush, lets the database do and commit it, and cuts
 * the line before the answer gets through: the tracker cannot know what became of it.
 */
export class DatabaseProxy {
  readonly folder: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cutNext: (() => void) | undefined;
  /** Answers that were lost on purpose. */
  cuts = 0;

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.#server = server;
  }

  /** @param upstream folder of the database's unix socket */
  static async start(upstream: string, port: number): Promise<DatabaseProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'vanags-proxy-'));
    const name = `.s.PGSQL.${port}`;
    const server = createServer();
    const proxy = new DatabaseProxy(folder, server);
    server.on('connection', (client) => proxy.#join(client, createConnection(join(upstream, name))));
    await new Promise<void>((resolve) => server.listen(join(folder, name), resolve));
    return proxy;
  }

  #join(client: Socket, database: Socket): void {
    let sinceAnswer = 0;
    for (const socket of [client, database]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        database.destroy();
      });
    }
    client.on('data', (chunk) => {
      sinceAnswer += chunk.length;
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (this.#cutNext !== undefined && sinceAnswer > LARGE_BYTES) {
        this.cuts++;
        this.#cutNext();
        this.#cutNext = undefined;
        client.destroy();
        database.destroy();
        return;
      }
      sinceAnswer = 0;
      client.write(chunk);
    });
  }

  /** Resolves when the next flush has been committed and its answer thrown away. */
  loseNextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#cutNext = resolve;
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}
