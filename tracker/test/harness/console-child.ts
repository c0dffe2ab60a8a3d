/** A console in a process of its own, to be stopped and woken: keeps the picture of one view and tells it when asked. */
import { io } from 'socket.io-client';
import type { ViewAnswer } from '../../src/protocol/live-frame.js';
import { PictureReader } from './picture-reader.js';

const [url, token, level, box] = process.argv.slice(2) as [string, string, string, string];
const reader = new PictureReader();
const socket = io(`${url}/console`, {
  auth: { token },
  transports: ['websocket'],
  reconnectionDelay: 200,
  reconnectionDelayMax: 500,
});
let view = 0;
let connects = 0;

socket.on('connect', async () => {
  connects++;
  reader.clear();
  const answer: ViewAnswer = await socket.emitWithAck('view', { view: ++view, level, box: JSON.parse(box) });
  if (answer.ok) reader.keepOnly(answer);
});
socket.on('bundle', (bundle: Buffer) => {
  if (!reader.take(Buffer.from(bundle))) return;
  reader.clear();
  socket.emit('resync');
});
process.on('message', () =>
  process.send?.({ units: [...reader.units], bundles: reader.bundles, hubTime: reader.hubTime, connects }),
);
process.on('disconnect', () => process.exit());
