import { type Priority, rigaClock } from '../../../geo-engine/src/index.js';

/** One limit on a response, dated. */
export interface ResponseNorm {
  readonly service: string;
  /** null: every priority. */
  readonly priority: Priority | null;
  /** null: everywhere. */
  readonly zone: string | null;
  /** turnout: sent to wheels rolling; travel: to arrival; reaction: report received to arrival. */
  readonly phase: 'turnout' | 'travel' | 'reaction';
  readonly limitS: number;
  /** Share of cases that must keep it; null: the source names none. */
  readonly share: number | null;
  readonly source: string;
  readonly certainty: 'read' | 'second_hand' | 'assumed';
  /** YYYY-MM-DD by the clock in Rīga; the last day is outside. */
  readonly validFrom: string;
  readonly validTo: string | null;
}

/** What a service owes at a place, for a priority. */
export interface ServiceNorm {
  readonly service: string;
  /** null: the norm knows no zones. */
  readonly zone: string | null;
  readonly turnoutS: number | null;
  readonly travelS: number | null;
  readonly reactionS: number | null;
  /** From now until arrival, ms; null: no norm says. */
  readonly targetMs: number | null;
  readonly share: number | null;
  readonly source: string;
  readonly certainty: ResponseNorm['certainty'];
}

export interface NormQuestion {
  readonly priority: Priority;
  /** The zone of each service at the place; a service that is not in it has none there. */
  readonly zones: ReadonlyMap<string, string>;
  /** Zones of a service that no territory is in: they hold where no territory says. */
  readonly elsewhere: ReadonlyMap<string, ReadonlySet<string>>;
  /** Report received, and now; epoch ms. */
  readonly receivedAt: number;
  readonly now: number;
}

/**
 * The norms that hold, a service each. Of several that would, the one for the priority comes before that for all, the one for the zone
 * before that for everywhere, and then the strictest. A clock that began with the report has run since.
 */
export function normsHere(norms: readonly ResponseNorm[], question: NormQuestion): ServiceNorm[] {
  const { day } = rigaClock(question.now);
  const byService = new Map<string, Map<ResponseNorm['phase'], ResponseNorm>>();
  for (const norm of norms) {
    if (norm.validFrom > day || (norm.validTo !== null && norm.validTo <= day)) continue;
    if (norm.priority !== null && norm.priority !== question.priority) continue;
    if (!isInZone(norm, question)) continue;
    const phases = byService.get(norm.service) ?? new Map<ResponseNorm['phase'], ResponseNorm>();
    const other = phases.get(norm.phase);
    if (other === undefined || comesBefore(norm, other)) phases.set(norm.phase, norm);
    byService.set(norm.service, phases);
  }
  return [...byService].map(([service, phases]) => serviceNorm(service, phases, question));
}

function isInZone({ service, zone }: ResponseNorm, { zones, elsewhere }: NormQuestion): boolean {
  if (zone === null) return true;
  const here = zones.get(service);
  return here === undefined ? elsewhere.get(service)?.has(zone) === true : here === zone;
}

function comesBefore(a: ResponseNorm, b: ResponseNorm): boolean {
  const byPriority = Number(b.priority === null) - Number(a.priority === null);
  const byZone = Number(b.zone === null) - Number(a.zone === null);
  return (byPriority || byZone || b.limitS - a.limitS) > 0;
}

function serviceNorm(
  service: string,
  phases: ReadonlyMap<ResponseNorm['phase'], ResponseNorm>,
  { receivedAt, now }: NormQuestion,
): ServiceNorm {
  const turnout = phases.get('turnout');
  const travel = phases.get('travel');
  const reaction = phases.get('reaction');
  const arrival = (reaction ?? travel ?? turnout)!;
  const bySteps = travel && (travel.limitS + (turnout?.limitS ?? 0)) * 1000;
  const sinceReport = reaction && Math.max(0, reaction.limitS * 1000 - Math.max(0, now - receivedAt));
  return {
    service,
    zone: arrival.zone,
    turnoutS: turnout?.limitS ?? null,
    travelS: travel?.limitS ?? null,
    reactionS: reaction?.limitS ?? null,
    targetMs: sinceReport ?? bySteps ?? null,
    share: arrival.share,
    source: arrival.source,
    certainty: arrival.certainty,
  };
}
