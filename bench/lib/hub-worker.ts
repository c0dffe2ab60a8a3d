/** A hub of the bench in a process of its own: started by name, told what kind it is, and then perhaps whether it acknowledges. */
import { naiveHub } from './naive-hub.js';
import { listen, NullHub } from './null-hub.js';

export type HubKind = 'null' | 'each' | 'tick';
export type HubOrder =
  | { readonly type: 'start'; readonly kind: HubKind }
  | { readonly type: 'acknowledge'; readonly isOn: boolean };

let nullHub: NullHub | undefined;

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async (order: HubOrder) => {
  switch (order.type) {
    case 'start':
      if (order.kind === 'null') nullHub = new NullHub();
      return process.send?.({ port: await listen(order.kind === 'null' ? nullHub!.app : naiveHub(order.kind)) });
    case 'acknowledge':
      nullHub!.acknowledges = order.isOn;
      return process.send?.({ isOn: order.isOn });
  }
});
