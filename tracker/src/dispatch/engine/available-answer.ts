import { type AvailableQuestion, available, type DispatchUnit } from '../../../../geo-engine/src/index.js';
import { fromOf } from './counted-from.js';

/** What there is, as the API tells it. */
export function answerAvailable(question: AvailableQuestion, roster: Iterable<DispatchUnit>): object {
  const { basis, units, byCapability, restByReason } = available(question, roster);
  return {
    at: question.now,
    askedFor: question.at,
    basis,
    units: units.map(({ unit, response, verdict }) => ({
      unitId: unit.unitId,
      callsign: unit.callsign,
      agencyId: unit.agencyId,
      service: unit.service,
      kind: unit.kind,
      status: unit.status,
      capabilities: Object.fromEntries(unit.capabilities),
      headCount: unit.headCount,
      lon: unit.place?.[0] ?? null,
      lat: unit.place?.[1] ?? null,
      from: fromOf(unit),
      response,
      verdict,
    })),
    byCapability,
    notAvailable: restByReason,
  };
}
