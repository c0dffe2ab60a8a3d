import { BARRIER } from '../../road-network.js';
import type { Tags } from './tags.js';

// Source: wiki.openstreetmap.org/wiki/Key:barrier.

/** What slows down and stops nobody. */
const OPEN: ReadonlySet<string> = new Set(
  'border_control bump_gate cattle_grid checkpoint entrance height_restrictor kerb no rope sally_port spikes toll_booth'.split(
    ' ',
  ),
);
/** What somebody with a key, a remote control or a bolt cutter opens. */
const OPENED: ReadonlySet<string> = new Set(
  'barrier_board chain gate hampshire_gate lift_gate sliding_beam sliding_gate swing_gate wicket_gate yes'.split(' '),
);
/** Bollards that go down or come out. */
const MOVABLE_BOLLARDS: ReadonlySet<string> = new Set(['rising', 'removable', 'foldable', 'retractable']);
const MAY: ReadonlySet<string> = new Set(['yes', 'designated', 'official', 'permissive', 'destination', 'public']);

/**
 * BARRIER of a node of a road. Its own access tags go before what it is: motor vehicles let through make it open, emergency
 * services let through make it a gate, and nobody at all closes it. A gate of which nothing is said is one that emergency
 * services open and others do not. What is not known (block, wall, debris, stile, …) is closed.
 */
export function barrierOf(tags: Tags): number {
  const what = tags.get('barrier');
  if (what === undefined) return BARRIER.none;
  const motor = tags.get('motorcar') ?? tags.get('motor_vehicle') ?? tags.get('vehicle');
  const emergency = tags.get('emergency');
  if (motor !== undefined && MAY.has(motor)) return BARRIER.open;
  if (emergency === 'no') return BARRIER.closed;
  if (emergency !== undefined && MAY.has(emergency)) return BARRIER.gate;
  const access = tags.get('access');
  if (OPEN.has(what)) return access === 'no' ? BARRIER.closed : motor === 'no' ? BARRIER.gate : BARRIER.open;
  if (OPENED.has(what)) {
    if (access === 'no') return BARRIER.closed;
    const isOpen =
      motor === undefined &&
      ((access !== undefined && MAY.has(access)) || (access === undefined && tags.get('locked') === 'no'));
    return isOpen ? BARRIER.open : BARRIER.gate;
  }
  // people on foot pass between bollards, so `access=yes` says nothing of vehicles there
  return what === 'bollard' && MOVABLE_BOLLARDS.has(tags.get('bollard') ?? '') ? BARRIER.gate : BARRIER.closed;
}
