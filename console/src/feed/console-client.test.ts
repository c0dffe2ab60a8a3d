import { describe, expect, it } from 'vitest';
import { levelForZoom } from './console-client.js';

describe('levelForZoom', () => {
  it('is nation below 8, region below 11, city from there', () => {
    expect([4, 7.99, 8, 10.99, 11, 18].map(levelForZoom)).toEqual([
      'nation',
      'nation',
      'region',
      'region',
      'city',
      'city',
    ]);
  });
});
