/** A hub of the bench in a process of its own: started by name, with what kind it is. */
import { naiveHub } from './naive-hub.js';
import { listen, nullHub } from './null-hub.js';

export type HubKind = 'null' | 'each' | 'tick';

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async ({ kind }: { kind: HubKind }) => {
  const port = await listen(kind === 'null' ? nullHub() : naiveHub(kind));
  process.send?.({ port });
});
