import { destination } from '../geo/distance.js';
import type { LonLat } from '../geo/lon-lat.js';
import type { DispatchQuestion } from './dispatch-question.js';
import { type DecisionInput, decide, gatherInput, type Recommendation, type Surroundings } from './recommend.js';
import type { Ways } from './ways.js';

/** Points on the edge of the circle that are looked at besides its centre, at equal angles from the north. */
const EDGE_POINTS = 8;

/** One place where it may be, and what would be sent there. */
export interface PossiblePlace {
  readonly place: LonLat;
  /** From the centre, clockwise from north; null: the centre itself. */
  readonly bearingDeg: number | null;
  readonly input: DecisionInput;
  readonly output: Recommendation;
  /** Share of the must lines that nobody meets, summed. */
  readonly short: number;
  /** Arrival of the last unit of the must lines, by the greatest time; 0 where nobody goes. */
  readonly latestMs: number;
}

/** What another place would change. */
export interface PlaceChange {
  readonly place: LonLat;
  readonly bearingDeg: number;
  readonly sentBesides: readonly string[]; // unit ids
  readonly notSent: readonly string[]; //     unit ids
  readonly latestMs: number;
  /** Against the centre: how much more is short, and how much later the last unit is there. */
  readonly moreShort: number;
  readonly laterMs: number;
}

export interface CircleDecision {
  readonly centre: PossiblePlace;
  /** Of the centre and the points: most short, then latest. The first of equals, the centre before all. */
  readonly worst: PossiblePlace;
  /** The points of the edge, clockwise from north. */
  readonly changes: readonly PlaceChange[];
}

/**
 * Decides for the centre of a circle in which the place is known to lie, and for points on its edge. Between the points it may be
 * worse still: they are samples, not a bound.
 */
export function decideForCircle(
  question: DispatchQuestion,
  radiusM: number,
  surroundings: Omit<Surroundings, 'ways'>,
  waysTo: (place: LonLat) => Ways,
): CircleDecision {
  const decideAt = (place: LonLat, bearingDeg: number | null): PossiblePlace => {
    const input = gatherInput({ ...question, place }, { ...surroundings, ways: waysTo(place) });
    const output = decide(input);
    const must = output.units.filter(({ need }) => need === 'must');
    const latestMs = must.reduce((latest, { response }) => Math.max(latest, response.intervalMs[1]), 0);
    return { place, bearingDeg, input, output, short: output.proof.must.short, latestMs };
  };
  const centre = decideAt(question.place, null);
  let worst = centre;
  const sent = unitIds(centre);
  const changes: PlaceChange[] = [];
  for (let i = 0; i < EDGE_POINTS; i++) {
    const bearingDeg = (360 / EDGE_POINTS) * i;
    const point = decideAt(destination(question.place, bearingDeg, radiusM), bearingDeg);
    const { place, short, latestMs } = point;
    if (short > worst.short || (short === worst.short && latestMs > worst.latestMs)) worst = point;
    const sentThere = unitIds(point);
    changes.push({
      place,
      bearingDeg,
      sentBesides: sentThere.filter((id) => !sent.includes(id)),
      notSent: sent.filter((id) => !sentThere.includes(id)),
      latestMs,
      moreShort: short - centre.short,
      laterMs: latestMs - centre.latestMs,
    });
  }
  return { centre, worst, changes };
}

function unitIds({ output }: PossiblePlace): string[] {
  return output.units.map(({ unitId }) => unitId);
}
