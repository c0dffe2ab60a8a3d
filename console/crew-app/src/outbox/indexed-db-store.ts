import { type Row, rowKey, type Store } from './store.js';

const ROWS = 'rows';

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Rows in IndexedDB, in one object store under their keys. */
export class IndexedDbStore implements Store {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
  }

  /** @throws DOMException when the browser keeps nothing here (private windows, a full disk) */
  static async open(name: string): Promise<IndexedDbStore> {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(ROWS);
    const database = await settled(request);
    database.onversionchange = () => database.close(); // so that signing off elsewhere is not held up
    return new IndexedDbStore(database);
  }

  static async remove(name: string): Promise<void> {
    await settled(indexedDB.deleteDatabase(name));
  }

  async load(): Promise<Row[]> {
    return settled<Row[]>(this.#database.transaction(ROWS).objectStore(ROWS).getAll());
  }

  commit(put: readonly Row[], removedKeys: readonly string[] = []): Promise<void> {
    return new Promise((resolve, reject) => {
      // strict: a browser may otherwise say "complete" before the disk has it
      const transaction = this.#database.transaction(ROWS, 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      const rows = transaction.objectStore(ROWS);
      for (const key of removedKeys) rows.delete(key);
      for (const row of put) rows.put(row, rowKey(row));
    });
  }

  close(): void {
    this.#database.close();
  }
}
