import { IndexedDbStore } from '../outbox/indexed-db-store.js';
import { Outbox } from '../outbox/outbox.js';
import { MemoryStore, type Row, type Store } from '../outbox/store.js';
import { CrewConnection, openWebSocket } from '../protocol-client/crew-connection.js';
import { CrewModel } from './crew-model.js';
import { PositionSensor } from './position-sensor.js';
import { Ringer } from './ringer.js';
import { storeName } from './sign-on.js';

/** Everything that lives from signing on to signing off. */
export interface Session {
  readonly model: CrewModel;
  readonly sensor: PositionSensor;
  readonly ringer: Ringer;
  /** Stops talking; what the hub does not have stays on the phone. */
  close(): void;
  /** Stops talking and takes everything off the phone, unless the hub does not have all of it yet. */
  signOff(): Promise<void>;
}

async function openStore(name: string): Promise<{ store: Store; rows: Row[]; volatile: boolean; close: () => void }> {
  try {
    const store = await IndexedDbStore.open(name);
    // asks the browser not to clear it when space is short; some answer only after the person has used the page for a while
    void navigator.storage?.persist?.();
    return { store, rows: await store.load(), volatile: false, close: () => store.close() };
  } catch {
    return { store: new MemoryStore(), rows: [], volatile: true, close: () => {} };
  }
}

export async function openSession(token: string): Promise<Session> {
  const name = storeName(token);
  const { store, rows, volatile, close: closeStore } = await openStore(name);
  const outbox = await Outbox.open(store, rows);
  const model = new CrewModel(store, rows, outbox, { volatile });
  const sensor = new PositionSensor(
    (fix) => model.reportFix(fix),
    () => model.changed(),
  );
  const ringer = new Ringer();
  model.lastFix = () => sensor.last;
  model.onInterval = (seconds) => sensor.setInterval(seconds);
  model.onCall = () => ringer.once();
  const connection = new CrewConnection({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/crew`,
    token,
    outbox,
    listener: model,
    openSocket: openWebSocket,
  });
  model.connect(connection);

  const online = () => connection.hurry();
  const offline = () => connection.networkLost();
  const seen = () => {
    if (document.visibilityState === 'visible') connection.hurry();
  };
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  document.addEventListener('visibilitychange', seen);

  const close = () => {
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
    document.removeEventListener('visibilitychange', seen);
    ringer.stop();
    sensor.stop();
    model.close();
  };
  return {
    model,
    sensor,
    ringer,
    close,
    async signOff() {
      close();
      const nothingLeft = model.unsent === 0;
      closeStore();
      if (nothingLeft) await IndexedDbStore.remove(name).catch(() => {});
    },
  };
}
