/** A desk in a process of its own: started by name, told what to do by chaos.bench.ts. */
import { HttpApi } from './http-api.js';
import { VekDesk } from './vek-desk.js';

export type DeskOrder =
  | {
      readonly type: 'start';
      readonly url: string;
      readonly token: string;
      readonly unitIds: readonly string[];
      readonly perSecond: number;
    }
  /** No more cards are begun. */
  | { readonly type: 'stop' }
  /** Answered with the desk's record once every card has come to its end. */
  | { readonly type: 'finish' };

let desk: VekDesk;

process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async (order: DeskOrder) => {
  switch (order.type) {
    case 'start':
      desk = new VekDesk(new HttpApi(order.url, order.token), order.unitIds);
      desk.start(order.perSecond);
      return process.send?.({});
    case 'stop':
      desk.stop();
      return process.send?.({});
    case 'finish':
      return process.send?.(await desk.finish());
  }
});
