/** Which cards a report may be of already: by place with what is known of it, time and type, with reasons. A person decides. */
import { distanceM, lonLat } from '../../../geo-engine/src/index.js';
import { ENDED_VEK_STATUSES, type VekStatus } from '../protocol/status.js';
import type { Queryable } from '../store/database.js';
import { sqlStatements } from '../store/sql-file.js';

const sql = sqlStatements('./duplicates.sql', import.meta.url, ['candidates']);

/** Two circles that are this far apart are two places. */
const MAX_GAP_M = 1000;
/** Circles as wide together halve what their touching says. */
const WIDE_M = 1000;
/** The circle of a place that says none: an address pointed at by hand. */
const DEFAULT_ACCURACY_M = 50;
/** After which a report is half as likely of the same thing. */
const HALF_LIFE_MS = 3_600_000;
/** One that is still open is never less likely by its age. */
const OPEN_FLOOR = 0.5;
/** What is known of neither place nor difference of it counts. */
const PLACE_UNKNOWN = 0.3;
const TYPE_RELATED = 0.8;
const TYPE_UNKNOWN = 0.6;
/** A fire and somebody hurt in it. */
const TYPE_OTHER = 0.4;
const MIN_SCORE = 0.2;
const MAX_SUGGESTIONS = 10;
/** Of cards that ended: from so long before a report, to so long after it. */
const ENDED_BEFORE_MS = 7_200_000;
const ENDED_AFTER_MS = 43_200_000;
/** Beyond, two reports of which one has no place score too low; whatever their age, if one has no type either. */
const UNPLACED_MS = HALF_LIFE_MS * Math.log2(PLACE_UNKNOWN / MIN_SCORE);
const NEVER_MS = -1;
const MAX_UNPLACED = 500;
/** Of circles wider together than this the score is too low wherever they are. */
const MAX_CIRCLES_M = WIDE_M / MIN_SCORE - WIDE_M;
/** A card's circle that is looked for near by (the function vek_duplicates and its indexes say the same, and a test that they do); wider ones are few. */
export const NARROW_M = 250;
/** How far apart two places may be for a score that counts, all else alike: so far as points, and so much of what both circles are wide. */
const POINTS_APART_M = MAX_GAP_M * (1 - MIN_SCORE);
const SHARE_OF_CIRCLES = 1 - (MIN_SCORE * MAX_GAP_M) / WIDE_M;
const reachM = (circlesM: number): number => POINTS_APART_M + SHARE_OF_CIRCLES * Math.min(circlesM, MAX_CIRCLES_M);
/** A degree of latitude is nowhere shorter on the WGS84 ellipsoid. */
const MIN_M_PER_DEG = 110_574;
const SAME_PLACE_M = 100;
const MINUTES_APART_MS = 600_000;

/** Types that different callers give to one emergency, besides those that share what stands before the first dot. */
const RELATED_TYPES: readonly (readonly string[])[] = [
  [
    'rescue.road_crash',
    'police.crash_no_injury',
    'police.crash_injury',
    'police.crash_blocking',
    'police.drunk_driver',
    'fire.vehicle',
  ],
  [
    'police.violence_now',
    'police.family_violence',
    'police.public_order',
    'police.drunk_person',
    'med.critical',
    'med.other',
  ],
  ['rescue.lost_person', 'police.missing_person'],
  ['rescue.water', 'rescue.flood', 'med.critical'],
  ['rescue.gas', 'fire.building', 'fire.building.high_hazard', 'fire.alarm'],
  ['rescue.tree', 'police.crash_blocking'],
];

/** Why a card is suggested, by code. */
export type DuplicateReason =
  | 'same_place'
  | 'circles_overlap'
  | 'near'
  | 'place_unknown'
  | 'minutes_apart'
  | 'still_open'
  | 'ended'
  | 'same_type'
  | 'related_type'
  | 'type_unknown'
  | 'other_type';

/** What is known of a report. */
export interface Reported {
  readonly lon: number | null;
  readonly lat: number | null;
  /** Radius of the circle it is in; null: not said. */
  readonly accuracyM: number | null;
  readonly typeCode: string | null;
  /** Epoch ms. */
  readonly receivedAt: number;
}

export interface DuplicateScore {
  /** 0..1. */
  readonly score: number;
  /** Between the places; null: one is not known. */
  readonly distanceM: number | null;
  readonly reasons: DuplicateReason[];
}

/**
 * How likely two reports are of one emergency: the product of what place, time and type say, 0..1.
 * The figures are choices, not measured: they rank, and a person decides.
 */
export function duplicateScore(report: Reported, card: Reported & { readonly open: boolean }): DuplicateScore {
  const reasons: DuplicateReason[] = [];
  const apartM =
    report.lon === null || report.lat === null || card.lon === null || card.lat === null
      ? null
      : distanceM(lonLat(report.lon, report.lat), lonLat(card.lon, card.lat));
  const place = placeScore(
    apartM,
    (report.accuracyM ?? DEFAULT_ACCURACY_M) + (card.accuracyM ?? DEFAULT_ACCURACY_M),
    reasons,
  );
  const apartMs = Math.abs(report.receivedAt - card.receivedAt);
  const time = Math.max(2 ** (-apartMs / HALF_LIFE_MS), card.open && apartM !== null ? OPEN_FLOOR : 0);
  if (apartMs <= MINUTES_APART_MS) reasons.push('minutes_apart');
  reasons.push(card.open ? 'still_open' : 'ended');
  return { score: place * time * typeScore(report.typeCode, card.typeCode, reasons), distanceM: apartM, reasons };
}

function placeScore(apartM: number | null, circlesM: number, reasons: DuplicateReason[]): number {
  if (apartM === null) {
    reasons.push('place_unknown');
    return PLACE_UNKNOWN;
  }
  const gapM = Math.max(0, apartM - circlesM);
  reasons.push(apartM <= SAME_PLACE_M ? 'same_place' : gapM === 0 ? 'circles_overlap' : 'near');
  return Math.max(0, 1 - gapM / MAX_GAP_M) / (1 + circlesM / WIDE_M);
}

function typeScore(a: string | null, b: string | null, reasons: DuplicateReason[]): number {
  const [reason, score] = typesCompared(a, b);
  reasons.push(reason);
  return score;
}

function typesCompared(a: string | null, b: string | null): [DuplicateReason, number] {
  if (a === null || b === null) return ['type_unknown', TYPE_UNKNOWN];
  if (a === b) return ['same_type', 1];
  const group = (code: string) => code.split('.')[0];
  if (group(a) === group(b) || RELATED_TYPES.some((types) => types.includes(a) && types.includes(b)))
    return ['related_type', TYPE_RELATED];
  return ['other_type', TYPE_OTHER];
}

/** A card that a report may be of. */
export interface Suggestion extends DuplicateScore {
  readonly vekId: string;
  readonly number: number;
  readonly typeCode: string | null;
  readonly status: VekStatus;
  /** Epoch ms; of a merged card that was found, its own. */
  readonly receivedAt: number;
  /** Seconds between the reports. */
  readonly ageS: number;
}

interface Candidate extends Reported {
  readonly vekId: string;
  readonly number: number;
  readonly shownTypeCode: string | null;
  readonly status: VekStatus;
}

/**
 * Cards that these agencies may read and that a report may be of, the likeliest first: open ones, those that ended lately, and those that
 * such were merged into. @param exceptId the card that was made of the report
 */
export async function findDuplicates(
  database: Queryable,
  report: Reported,
  agencyIds: readonly string[],
  exceptId: string | null,
): Promise<Suggestion[]> {
  const accuracyM = report.accuracyM ?? DEFAULT_ACCURACY_M;
  const narrowM = reachM(accuracyM + NARROW_M);
  const wideM = reachM(MAX_CIRCLES_M);
  const { rows } = await database.query<Candidate>(sql.candidates, [
    report.lon,
    report.lat,
    accuracyM,
    report.receivedAt,
    agencyIds,
    exceptId,
    DEFAULT_ACCURACY_M,
    POINTS_APART_M,
    SHARE_OF_CIRCLES,
    narrowM,
    wideM,
    ...boxesAround(report, narrowM),
    ...boxesAround(report, wideM),
    ENDED_BEFORE_MS,
    ENDED_AFTER_MS,
    report.typeCode === null ? NEVER_MS : Math.ceil(UNPLACED_MS),
    MAX_UNPLACED,
  ]);
  const best = new Map<string, Suggestion>();
  for (const row of rows) {
    const suggestion = suggestionOf(report, row);
    if (suggestion.score < MIN_SCORE) continue;
    if (suggestion.score > (best.get(row.vekId)?.score ?? 0)) best.set(row.vekId, suggestion);
  }
  return [...best.values()].sort((a, b) => b.score - a.score || a.number - b.number).slice(0, MAX_SUGGESTIONS);
}

/**
 * Boxes that hold all places within so many metres, in degrees: their western and their eastern edges, and the southern and northern one of all.
 * Two of them across the antimeridian; none where nobody knows where the report is of.
 */
function boxesAround(
  { lon, lat }: Reported,
  radiusM: number,
): [wests: number[], easts: number[], south: number, north: number] {
  if (lon === null || lat === null) return [[], [], 0, 0];
  const highDeg = (1.01 * radiusM) / MIN_M_PER_DEG;
  const [south, north] = [lat - highDeg, lat + highDeg];
  const farthestDeg = Math.max(-south, north);
  const wideDeg = farthestDeg < 89 ? highDeg / Math.cos((farthestDeg * Math.PI) / 180) : 180;
  const [west, east] = [lon - wideDeg, lon + wideDeg];
  if (wideDeg === 180) return [[-180], [180], south, north];
  if (west < -180) return [[-180, west + 360], [east, 180], south, north];
  if (east > 180) return [[west, -180], [180, east - 360], south, north];
  return [[west], [east], south, north];
}

function suggestionOf(report: Reported, card: Candidate): Suggestion {
  const { vekId, number, shownTypeCode, status, receivedAt } = card;
  const score = duplicateScore(report, { ...card, open: !ENDED_VEK_STATUSES.includes(status) });
  const ageS = Math.round(Math.abs(report.receivedAt - receivedAt) / 1000);
  return { vekId, number, typeCode: shownTypeCode, status, receivedAt, ageS, ...score };
}
