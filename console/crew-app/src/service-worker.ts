/**
 * Opens the page without a network. The build puts in the version and the files (service-worker-plugin.ts); all of them are kept
 * when it is installed, and nothing else ever is: no API answer, no position.
 */
declare const CREW_APP_VERSION: string;
declare const CREW_APP_FILES: readonly string[];

interface ExtendableEvent extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
/** What is used of a worker's global scope; the DOM's types describe windows only. */
interface WorkerScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const PREFIX = 'vanags-crew-app-';
const CACHE = PREFIX + CREW_APP_VERSION;
const PAGE = '/crew-app/';
const worker = self as unknown as WorkerScope;

worker.addEventListener('install', (event) => {
  const keepAll = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(CREW_APP_FILES.map((path) => new Request(path, { cache: 'reload' })));
    // a running page has all its files already, so it is not harmed
    await worker.skipWaiting();
  };
  event.waitUntil(keepAll());
});

worker.addEventListener('activate', (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  const isPage = request.mode === 'navigate' && pathname.startsWith(PAGE);
  if (!isPage && !CREW_APP_FILES.includes(pathname)) return;
  const answer = async () => {
    const kept = await (await caches.open(CACHE)).match(isPage ? PAGE : pathname, { ignoreSearch: true });
    return kept ?? fetch(request);
  };
  event.respondWith(answer());
});
