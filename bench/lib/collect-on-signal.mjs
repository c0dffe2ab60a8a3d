// Imported by a tracker of the bench before all else, and by its threads, where nothing reads TypeScript yet: on SIGUSR2 all of them collect their
// garbage, so that what is resident is what is held.
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const threads = new BroadcastChannel('collect');
threads.unref();
threads.onmessage = () => globalThis.gc?.();
if (isMainThread)
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    threads.postMessage(null);
  });
