import { BARRIER, RESTRICTION, type RoadNetwork } from '../roads/road-network.js';
import { barrierStops } from '../roads/travel-time.js';
import type { VehicleProfile } from '../roads/vehicle-profile.js';
import { headOf, type RoadEnds, reversed, tailOf } from './road-ends.js';
import { CLOSED } from './road-graph.js';
import { TurnRules } from './turn-rules.js';

/** Travel times of directed segments: the profile's own, and today's, which may only be longer. [2 * segments] each */
export interface OwnAndToday {
  readonly ownMs: Uint32Array;
  readonly directedMs: Uint32Array;
}

/**
 * Everything that a profile may not drive in sequence: restrictions, and going on past a barrier that stops it.
 * The beginnings follow from the profile's own times, only what is forbidden after them from today's.
 */
export function forbiddenTurns(
  network: RoadNetwork,
  profile: VehicleProfile,
  { firstOut, out }: RoadEnds,
  { ownMs, directedMs }: OwnAndToday,
): TurnRules {
  const { nodeBarrier, restrictionSteps, firstRestrictionStep, restrictionKind } = network;
  const rules = new TurnRules(directedMs.length);

  const stops = (node: number) => nodeBarrier[node] !== BARRIER.none && barrierStops(network, profile, node);

  const canDrive = (steps: Uint32Array, ms: Uint32Array) =>
    steps.every((step, i) => {
      const passes = i === 0 || step === reversed(steps[i - 1]) || !stops(tailOf(network, step));
      return passes && ms[step] !== CLOSED;
    });

  const forbidAllBut = (allowed: readonly number[], beginning: number) => {
    const node = headOf(network, rules.step[beginning]);
    for (let i = firstOut[node]; i < firstOut[node + 1]; i++) {
      if (!allowed.includes(out[i])) rules.forbid(beginning, out[i]);
    }
  };

  // several only_* with one beginning leave all of their ends, so they are gathered first
  const onlyOnto = new Map<number, number[]>();
  for (let r = 0; r < network.restrictionCount; r++) {
    const steps = restrictionSteps.subarray(firstRestrictionStep[r], firstRestrictionStep[r + 1]);
    if (isExempt(profile, restrictionKind[r]) || !canDrive(steps, ownMs)) continue;
    const beginning = rules.beginning(steps.subarray(0, -1));
    const last = steps[steps.length - 1];
    if (!(restrictionKind[r] & RESTRICTION.only)) rules.forbid(beginning, last);
    // an only_* that nobody can obey today forbids nothing, and its beginning stays
    else if (canDrive(steps, directedMs)) onlyOnto.set(beginning, [...(onlyOnto.get(beginning) ?? []), last]);
  }
  for (const [beginning, onto] of onlyOnto) forbidAllBut(onto, beginning);

  // who comes to a barrier may only turn round
  for (let node = 0; node < network.nodeCount; node++) {
    if (!stops(node)) continue;
    for (let i = firstOut[node]; i < firstOut[node + 1]; i++) {
      const coming = reversed(out[i]);
      if (ownMs[coming] !== CLOSED) forbidAllBut([out[i]], rules.beginning([coming]));
    }
  }
  return rules;
}

function isExempt({ emergency }: VehicleProfile, restrictionKind: number): boolean {
  return emergency !== null && (emergency.forbiddenTurns || (restrictionKind & RESTRICTION.exceptEmergency) !== 0);
}
