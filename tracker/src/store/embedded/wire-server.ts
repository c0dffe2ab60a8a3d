import { createServer, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';

/** Message types of the frontend (PostgreSQL documentation, "Message Formats") that this server must tell apart. */
const SYNC = 0x53; // S
const QUERY = 0x51; // Q
const PARSE = 0x50; // P
const TERMINATE = 0x58; // X
/** And of the backend: ready for the next query. */
const READY = 0x5a; // Z
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
/** A transaction holds up everybody: one whose client says nothing more for so long is rolled back. */
const IDLE_IN_TRANSACTION_MS = 15_000;

/**
 * What is done for one client without anybody in between: the messages up to and with a Sync or a simple Query; or, once it has
 * left, putting the backend back as if it had never been.
 */
type Turn =
  | { readonly connection: Connection; readonly messages: readonly Uint8Array[] }
  | { readonly connection: Connection; readonly gone: true };

/**
 * Lets many clients of the PostgreSQL protocol use the one backend of PGlite. Clients take turns: a turn is everything up to a
 * Sync, and a transaction is one client's until it ends. (Turns of single messages are not enough: the unnamed statement is one
 * for all, so a Parse of one client between the Parse and the Bind of another gives the second the first one's query.)
 */
export class WireServer {
  readonly #database: PGlite;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #turns: Turn[] = [];
  #running = false;
  /** Whose transaction is open: nobody else has a turn until it has ended, or its client has left and was tidied up after. */
  #owner: Connection | undefined;
  #ownerTimer: NodeJS.Timeout | undefined;

  constructor(database: PGlite) {
    this.#database = database;
    this.#server = createServer((socket) => {
      const connection = new Connection(socket, (messages) => this.#enqueue({ connection, messages }));
      this.#connections.add(connection);
      socket.once('close', () => {
        this.#connections.delete(connection);
        // what it had asked and not got is dropped
        this.#turns = this.#turns.filter((turn) => turn.connection !== connection);
        this.#enqueue({ connection, gone: true });
      });
    });
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  #enqueue(turn: Turn): void {
    this.#turns.push(turn);
    if (!this.#running) void this.#run();
  }

  /** The one loop that touches the backend. */
  async #run(): Promise<void> {
    this.#running = true;
    for (let turn = this.#next(); turn !== undefined; turn = this.#next()) {
      clearTimeout(this.#ownerTimer);
      if ('gone' in turn) await this.#tidyUp(turn.connection);
      else await this.#answer(turn.connection, turn.messages);
    }
    this.#running = false;
  }

  #next(): Turn | undefined {
    const at = this.#owner === undefined ? 0 : this.#turns.findIndex((turn) => turn.connection === this.#owner);
    return at < 0 ? undefined : this.#turns.splice(at, 1)[0];
  }

  async #answer(connection: Connection, messages: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#database.runExclusive(async () => {
        for (const message of messages) {
          await this.#database.execProtocolRawStream(message, { onRawData: (data) => connection.gather(data) });
        }
      });
      connection.answer();
    } catch (error) {
      connection.fail(error as Error);
    }
    this.#owner = this.#database.isInTransaction() ? connection : undefined;
    if (this.#owner === undefined) return;
    this.#ownerTimer = setTimeout(
      () => connection.fail(new Error('idle in transaction for too long')),
      IDLE_IN_TRANSACTION_MS,
    );
  }

  /** A client has left: what it began is undone, what it named is forgotten. */
  async #tidyUp(connection: Connection): Promise<void> {
    if (this.#owner === connection) {
      await this.#database.exec('ROLLBACK').catch(() => {});
      this.#owner = undefined;
    }
    for (const name of connection.statements)
      await this.#database.exec(`DEALLOCATE "${name.replaceAll('"', '""')}"`).catch(() => {});
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** One client: cuts its bytes into messages and its messages into turns. */
class Connection {
  /** Names of the statements it has prepared; the backend would keep them for the next client. */
  readonly statements = new Set<string>();
  readonly #socket: Socket;
  readonly #onTurn: (messages: readonly Uint8Array[]) => void;
  #bytes = Buffer.alloc(0);
  #messages: Uint8Array[] = [];
  #started = false;
  #answers: Buffer[] = [];

  constructor(socket: Socket, onTurn: (messages: readonly Uint8Array[]) => void) {
    this.#socket = socket;
    this.#onTurn = onTurn;
    socket.setNoDelay(true);
    socket.on('error', () => {}); // followed by close
    socket.on('data', (chunk) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
      this.#cut();
    });
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  #cut(): void {
    for (;;) {
      // the first message has no type byte
      const lengthAt = this.#started ? 1 : 0;
      if (this.#bytes.length < lengthAt + 4) return;
      const end = lengthAt + this.#bytes.readInt32BE(lengthAt);
      if (end < lengthAt + 4) return this.destroy();
      if (this.#bytes.length < end) return;
      const message = new Uint8Array(this.#bytes.subarray(0, end));
      this.#bytes = this.#bytes.subarray(end);
      if (this.#started) this.#take(message);
      else this.#start(message);
    }
  }

  #start(message: Uint8Array): void {
    const code = Buffer.from(message.buffer).readInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.#socket.write('N');
      return;
    }
    if (code === CANCEL_REQUEST) return this.destroy(); // one backend, which cannot be interrupted
    this.#started = true;
    this.#onTurn([message]);
  }

  #take(message: Uint8Array): void {
    const type = message[0];
    if (type === TERMINATE) return this.destroy();
    if (type === PARSE) {
      const name = Buffer.from(message.subarray(5, message.indexOf(0, 5))).toString();
      if (name !== '') this.statements.add(name);
    }
    this.#messages.push(message);
    if (type !== SYNC && type !== QUERY) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#onTurn(messages);
  }

  /** Keeps a part of the answer: the bytes are the backend's own memory, valid only now. */
  gather(data: Uint8Array): void {
    if (data.length > 0) this.#answers.push(Buffer.from(data));
  }

  answer(): void {
    if (!this.closed && this.#answers.length > 0) this.#socket.write(oneReady(Buffer.concat(this.#answers)));
    this.#answers = [];
  }

  /** Nothing can be said of what became of the turn: the client must not wait for an answer. */
  fail(error: Error): void {
    this.#answers = [];
    this.#socket.destroy(error);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/**
 * The answer of a turn with one ReadyForQuery, its last. After an error PGlite says that it is ready at once, and again at the
 * Sync; a client would take the first for the end of this query and the second for the end of the next.
 */
function oneReady(answer: Buffer): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < answer.length; ) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    if (answer[at] !== READY || end === answer.length) kept.push(answer.subarray(at, end));
    at = end;
  }
  return kept.length === 1 ? kept[0]! : Buffer.concat(kept);
}
