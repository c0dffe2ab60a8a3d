import { describe, expect, it } from 'vitest';
import { clientAddress } from './ip-network.js';

describe('AU1 from where somebody asks', () => {
  const proxies = ['10.0.0.1', '10.0.0.2'];

  it('is the peer, whatever it says of others, unless it is a proxy of ours', () => {
    expect(clientAddress('192.0.2.9', '198.51.100.4', proxies)).toBe('192.0.2.9');
    expect(clientAddress('10.0.0.1', '198.51.100.4', [])).toBe('10.0.0.1');
  });

  it('is, behind proxies of ours, the last address that is none of them: what stands before it may be made up', () => {
    expect(clientAddress('10.0.0.1', '1.1.1.1, 198.51.100.4 , 10.0.0.2', proxies)).toBe('198.51.100.4');
    expect(clientAddress('10.0.0.1', '10.0.0.2', proxies)).toBe('10.0.0.1');
    expect(clientAddress('10.0.0.1', '', proxies)).toBe('10.0.0.1');
  });
});
