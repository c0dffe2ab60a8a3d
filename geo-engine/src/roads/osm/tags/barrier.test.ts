import { describe, expect, test } from 'vitest';
import { BARRIER } from '../../road-network.js';
import { barrierOf } from './barrier.js';

describe('barrierOf', () => {
  test.each<[Record<string, string>, keyof typeof BARRIER]>([
    [{}, 'none'],
    [{ highway: 'crossing', access: 'no' }, 'none'],
    [{ barrier: 'bollard' }, 'closed'],
    [{ barrier: 'block' }, 'closed'],
    [{ barrier: 'jersey_barrier' }, 'closed'],
    [{ barrier: 'debris' }, 'closed'],
    [{ barrier: 'something_new' }, 'closed'],
    [{ barrier: 'gate' }, 'gate'],
    [{ barrier: 'lift_gate' }, 'gate'],
    [{ barrier: 'swing_gate' }, 'gate'],
    [{ barrier: 'chain' }, 'gate'],
    [{ barrier: 'yes' }, 'gate'],
    [{ barrier: 'cattle_grid' }, 'open'],
    [{ barrier: 'toll_booth' }, 'open'],
    [{ barrier: 'border_control' }, 'open'],
    [{ barrier: 'height_restrictor' }, 'open'],
    [{ barrier: 'entrance' }, 'open'],
    // its own tags go before what it is
    [{ barrier: 'gate', access: 'yes' }, 'open'],
    [{ barrier: 'gate', motor_vehicle: 'yes' }, 'open'],
    [{ barrier: 'gate', motorcar: 'permissive' }, 'open'],
    [{ barrier: 'gate', locked: 'no' }, 'open'],
    [{ barrier: 'gate', locked: 'yes' }, 'gate'],
    [{ barrier: 'gate', locked: 'no', access: 'private' }, 'gate'],
    [{ barrier: 'gate', access: 'private' }, 'gate'],
    [{ barrier: 'gate', access: 'yes', motor_vehicle: 'private' }, 'gate'],
    [{ barrier: 'gate', motor_vehicle: 'no' }, 'gate'],
    [{ barrier: 'gate', access: 'no' }, 'closed'],
    [{ barrier: 'gate', access: 'no', emergency: 'yes' }, 'gate'],
    [{ barrier: 'gate', emergency: 'no' }, 'closed'],
    [{ barrier: 'cattle_grid', access: 'no' }, 'closed'],
    [{ barrier: 'toll_booth', motor_vehicle: 'no' }, 'gate'],
    [{ barrier: 'bollard', access: 'yes' }, 'closed'], // on foot
    [{ barrier: 'bollard', motor_vehicle: 'yes' }, 'open'],
    [{ barrier: 'bollard', emergency: 'yes' }, 'gate'],
    [{ barrier: 'bollard', bollard: 'rising' }, 'gate'],
    [{ barrier: 'bollard', bollard: 'removable' }, 'gate'],
    [{ barrier: 'bollard', bollard: 'fixed' }, 'closed'],
  ])('G28 %j is %s', (tags, expected) => {
    expect(barrierOf(new Map(Object.entries(tags)))).toBe(BARRIER[expected]);
  });
});
