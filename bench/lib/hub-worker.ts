/** A hub of the bench in a process of its own: started by name, with what kind it is. */
import { naiveHub } from './naive-hub.js';
import { listen, nullHub, type Pace } from './null-hub.js';

/** `receive`: a null hub that is all but silent, so that what it costs is what receiving costs. */
export type HubKind = 'null' | 'receive' | 'each' | 'tick';

const HARDLY_EVER: Pace = { ms: 10_000, items: Number.POSITIVE_INFINITY };

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async ({ kind }: { kind: HubKind }) => {
  const port = await listen(
    kind === 'null' ? nullHub() : kind === 'receive' ? nullHub(undefined, HARDLY_EVER) : naiveHub(kind),
  );
  process.send?.({ port });
});
