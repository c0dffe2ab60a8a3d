import { expect, it } from 'vitest';
import { signatures } from './signature.js';

it('F31 signs as Standard Webhooks does: its published example', () => {
  const secret = Buffer.from('plJ3nmyCDGBKInavdOK15jsl', 'base64');
  const body = '{"event_type":"ping","data":{"success":true}}';
  expect(signatures([secret], 'msg_loFOjxBNrRLzqYUf', 1_731_705_121, body)).toBe(
    'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  );
});

it('F31 signs with both secrets while one is changed for the other, and with nothing of either alike', () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const both = signatures([one, other], 'id', 1, 'body').split(' ');
  expect(both).toEqual([signatures([one], 'id', 1, 'body'), signatures([other], 'id', 1, 'body')]);
  expect(new Set(both).size).toBe(2);
  // id and time are signed too
  expect(signatures([one], 'id2', 1, 'body')).not.toBe(both[0]);
  expect(signatures([one], 'id', 2, 'body')).not.toBe(both[0]);
});
