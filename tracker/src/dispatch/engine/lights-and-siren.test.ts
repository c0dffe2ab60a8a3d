import { describe, expect, it } from 'vitest';
import { drivenTo } from './lights-and-siren.js';

describe('drivenTo', () => {
  it('with lights and siren to what is urgent, where the network has that for the profile', () => {
    const profiles = ['car', 'car-emergency', 'heavy'];
    for (const priority of ['P1', 'P2'] as const)
      expect(['car', 'heavy', 'boat'].map(drivenTo(priority, profiles))).toEqual(['car-emergency', 'heavy', 'boat']);
    for (const priority of ['P3', 'P4'] as const)
      expect(['car', 'heavy', 'boat'].map(drivenTo(priority, profiles))).toEqual(['car', 'heavy', 'boat']);
  });
});
