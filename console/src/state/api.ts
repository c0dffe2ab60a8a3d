import type { AttentionKind, AttentionLevel } from '../../../tracker/src/protocol/attention.js';
import type { Present } from '../feed/index.js';
import type { Located } from './located.js';
import type {
  Available,
  AvailableQuestion,
  Proposal,
  Recommendation,
  RecommendationQuestion,
} from './recommendation.js';

/** The tracker's HTTP API, as far as the console uses it. */
export interface Agency {
  readonly id: string;
  readonly code: string;
  readonly kind: string;
  readonly nameLv: string;
  readonly nameEn: string;
}
export interface Me {
  readonly subject: string;
  readonly name: string;
  readonly agencyId: string;
  readonly agencyCode: string;
  readonly roles: readonly string[];
  /** Pages of modules that are for this person. */
  readonly modules: readonly { readonly nameLv: string; readonly nameEn: string; readonly url: string }[];
}
export interface DemoUser {
  readonly user: string;
  readonly name: string;
  readonly agency: string;
  readonly roles: readonly string[];
}
export interface Unit {
  readonly id: string;
  readonly handle: number;
  readonly agencyId: string;
  readonly callsign: string;
  readonly kind: string;
  readonly status: string;
  readonly statusSince: number;
  readonly statusSource: string;
  readonly version: number;
  readonly capabilities: Readonly<Record<string, number>>;
  readonly heldUntil: number | null;
  readonly setAside: Readonly<Record<string, number>>;
  /** Its devices, of one unit that was asked for alone; those of the most weight first. */
  readonly sources?: readonly {
    readonly deviceId: string;
    readonly name: string;
    readonly live: boolean;
    readonly fromLiveM: number | null;
    readonly apart: boolean;
  }[];
}
/** A crew's call for help. It is told of again and again until somebody acknowledges it. */
export interface Alarm {
  readonly id: string;
  /** Null: its device belongs to no unit. */
  readonly unitId: string | null;
  readonly at: number;
  readonly receivedAt: number;
  readonly late: boolean;
  readonly place: { readonly lon: number; readonly lat: number; readonly source: string } | null;
  readonly repeats: number;
}
/** Something that waits for a person for too long. */
export interface Attention {
  readonly id: string;
  readonly kind: AttentionKind;
  readonly agencyId: string;
  /** Subject of who is told first; null: all desks are. */
  readonly desk: string | null;
  readonly vekId: string | null;
  readonly unitId: string | null;
  readonly since: number;
  readonly level: AttentionLevel;
  readonly repeats: number;
  readonly acknowledged: { readonly at: number; readonly by: string } | null;
  /** Acknowledged since it was last told. */
  readonly quiet: boolean;
}
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}
export interface HistoryLine {
  readonly seq: number;
  readonly vekId: string;
  readonly what: string;
  readonly agencyId: string | null;
  readonly by: string;
  readonly changes: readonly FieldChange[];
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: number;
}
export interface Comment {
  readonly id: string;
  readonly vekId: string;
  readonly agencyId: string;
  readonly by: string;
  readonly text: string;
  readonly at: number;
}
/** An incident that may be the same, and why. */
export interface Duplicate {
  readonly vekId: string;
  readonly number: number;
  readonly typeCode: string | null;
  readonly status: string;
  readonly receivedAt: number;
  readonly distanceM: number | null;
  readonly score: number;
  readonly reasons: readonly string[];
}
/** What is known of who called; null: not known. */
export interface CallerFields {
  readonly phone: string | null;
  readonly name: string | null;
  readonly note: string | null;
}
/** The caller of a card, and of those that were merged into it. */
export interface Caller extends CallerFields {
  /** Of these data, not of the card; 0: as they came with the report. */
  readonly version: number;
  readonly others: readonly (CallerFields & { readonly vekId: string })[];
}
/** Sets of fields that only some kinds of agencies may read. */
export const RESTRICTED_SETS = ['medical', 'investigation'] as const;
export type RestrictedSet = (typeof RESTRICTED_SETS)[number];
export interface RestrictedText {
  readonly vekId: string;
  readonly agencyId: string;
  readonly by: string;
  readonly text: string;
  readonly at: number;
}
export interface Milestone {
  readonly at: number;
  readonly receivedAt: number;
  readonly source: string;
}
export interface Station extends Located {
  readonly id: string;
  readonly name: string;
}
/** When a unit at work should be free again, epoch ms, and where; null: where it is. */
export interface ExpectedFree {
  readonly at: number;
  readonly place: (Located & { readonly name: string | null }) | null;
}
export interface Assignment {
  readonly id: string;
  readonly agencyId: string;
  readonly unitId: string;
  readonly status: string;
  /** The assignment that it takes over from. */
  readonly relieves: string | null;
  readonly relievedBy: string | null;
  /** null: nobody has said. */
  readonly expectedFree: ExpectedFree | null;
  readonly milestones: Readonly<Record<string, Milestone>> | null;
}
export interface Vek {
  readonly id: string;
  readonly number: number;
  readonly agencyId: string;
  readonly channel: string;
  readonly typeCode: string | null;
  readonly priority: string | null;
  readonly lon: number | null;
  readonly lat: number | null;
  readonly accuracyM: number | null;
  readonly address: string | null;
  readonly summary: string | null;
  /** Codes of objects concerned; run cards may ask for more there. */
  readonly objects: readonly string[];
  readonly alarmLevel: number;
  readonly status: string;
  readonly receivedAt: number;
  readonly closedAt: number | null;
  readonly version: number;
  /** Sets of restricted fields that it has and that this desk's agency may read. */
  readonly restricted: readonly string[];
  readonly services: readonly {
    readonly agencyId: string;
    readonly status: string;
    /** The whole card was offered with it. */
    readonly transfer: boolean;
    /** When the offer is over by itself. */
    readonly respondBy: number | null;
  }[];
  /** Who answers for the whole card. */
  readonly responsibleId: string;
  /** Where a merged card went. */
  readonly mergedInto: string | null;
  readonly outcome: { readonly code: string; readonly note: string | null } | null;
  readonly assignments: readonly Assignment[];
}
/** What a person writes on a card. */
export type CardFields = Pick<Vek, 'typeCode' | 'priority' | 'lon' | 'lat' | 'address' | 'summary' | 'objects'>;
export interface NewVek extends CardFields {
  readonly id: string;
  readonly channel: 'manual';
  readonly offerTo: readonly string[];
}
export interface Shelter {
  readonly shelterId: string;
  readonly addressLine: string;
  readonly lon: number;
  readonly lat: number;
}
export interface VehicleProfile {
  readonly code: string;
  readonly labelLv: string;
  readonly labelEn: string;
}
/** What the tracker says of its roads. */
export interface Network {
  readonly state: 'ready' | 'loading' | 'none';
  readonly network: {
    readonly id: string;
    readonly source: string;
    readonly mapTime: number | null;
    readonly generated: boolean;
    readonly attribution: string;
  } | null;
  readonly profiles: readonly VehicleProfile[];
}
type Place = readonly [lon: number, lat: number];
export type Line = readonly Place[];
export interface Closure {
  readonly id: string;
  readonly agencyId: string;
  readonly shape:
    | { readonly type: 'Polygon'; readonly coordinates: readonly Line[] }
    | { readonly type: 'LineString'; readonly coordinates: Line }
    | null;
  /** The stretches of road that it takes, in the network in use. */
  readonly roads: { readonly type: 'MultiLineString'; readonly coordinates: readonly Line[] } | null;
  /** Share of the speed that remains; 0: closed. */
  readonly speedShare: number;
  readonly reason: string;
  readonly validFrom: number;
  readonly validUntil: number | null;
  readonly createdBy: string;
  readonly inForce: boolean;
}
export interface NewClosure {
  readonly id: string;
  readonly shape: { readonly type: 'Polygon'; readonly coordinates: readonly Line[] };
  readonly speedShare: number;
  readonly reason: string;
  readonly validUntil: string | null;
}
/** Where a drive begins or ends on the roads, and how far that is from the place asked about. */
interface RoadEnd extends Located {
  readonly offRoadM: number;
}
/** What every answer on roads says of its origin. */
export interface RoadAnswer {
  readonly source: string;
  /** Why an outside router was not the one who answered. */
  readonly fallback: string | null;
  /** How it stands to the closures in force: `in_force`, `checked`, `pending`, `unknown`. */
  readonly closures: string;
  readonly generated: boolean;
  readonly profile: string;
}
export interface RouteAnswer extends RoadAnswer {
  readonly route: {
    /** With the ways off the road at both ends. */
    readonly wholeMs: number;
    readonly distanceM: number;
    readonly start: RoadEnd;
    readonly end: RoadEnd;
    readonly geometry: { readonly type: 'LineString'; readonly coordinates: Line };
  } | null;
  /** Why there is none. */
  readonly refusal: { readonly code: string } | null;
}
/** GeoJSON: what is reached, the widest limit first. */
export interface Isochrone extends RoadAnswer {
  readonly type: 'FeatureCollection';
  readonly features: readonly {
    readonly type: 'Feature';
    readonly properties: { readonly minutes: number };
    readonly geometry: { readonly type: 'MultiPolygon'; readonly coordinates: readonly (readonly Line[])[] };
  }[];
}
/** What the server refused, by its stable code; `unreachable` when no answer came. */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.facts = facts;
  }
}

const TIMEOUT_MS = 15_000;

export class Api {
  readonly #token: string | undefined;

  constructor(token?: string) {
    this.#token = token;
  }

  /** @param key under which the command is carried out once, however often it is sent */
  async #call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers: {
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new ApiProblem(0, 'unreachable', (error as Error).message);
    }
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer as T;
    const { code = `http_${response.status}`, detail = '', ...facts } = (answer ?? {}) as Record<string, unknown>;
    throw new ApiProblem(response.status, String(code), String(detail), facts);
  }

  readiness = async (): Promise<{ state: string; reasons: readonly string[] }> => {
    try {
      const response = await fetch('/readyz', { signal: AbortSignal.timeout(5000) });
      return await response.json();
    } catch {
      return { state: 'Down', reasons: ['unreachable'] };
    }
  };

  demoUsers = async () => (await this.#call<{ users: DemoUser[] }>('GET', '/api/v1/demo/users')).users;
  demoToken = async (user: string) =>
    (await this.#call<{ token: string }>('POST', '/api/v1/demo/token', { user })).token;
  me = () => this.#call<Me>('GET', '/api/v1/me');
  agencies = async () => (await this.#call<{ agencies: Agency[] }>('GET', '/api/v1/agencies')).agencies;
  units = async () => (await this.#call<{ units: Unit[] }>('GET', '/api/v1/units')).units;
  unit = (id: string) => this.#call<Unit>('GET', `/api/v1/units/${id}`);
  veks = async () => (await this.#call<{ veks: Vek[] }>('GET', '/api/v1/veks')).veks;
  vek = (id: string) => this.#call<Vek>('GET', `/api/v1/veks/${id}`);
  createVek = (vek: NewVek) => this.#call<{ id: string; number: number; version: number }>('POST', '/api/v1/veks', vek);
  closeVek = (id: string, version: number, as: 'closed' | 'cancelled', outcome: string | undefined, key: string) =>
    this.#call<{ version: number }>(
      'POST',
      `/api/v1/veks/${id}/close`,
      { version, as, ...(outcome === undefined ? {} : { outcome: { code: outcome } }) },
      key,
    );
  reopenVek = (id: string, version: number, reason: string, key: string) =>
    this.#call<{ version: number }>('POST', `/api/v1/veks/${id}/reopen`, { version, reason }, key);
  mergeVek = (id: string, version: number, into: { readonly id: string; readonly version: number }, key: string) =>
    this.#call<unknown>(
      'POST',
      `/api/v1/veks/${id}/merge`,
      { version, intoVekId: into.id, intoVersion: into.version },
      key,
    );
  changeVek = (id: string, version: number, patch: Partial<CardFields> | Pick<Vek, 'alarmLevel'>, key: string) =>
    this.#call<{ version: number }>('PATCH', `/api/v1/veks/${id}`, { version, ...patch }, key);
  /** Each read is written down. */
  caller = (vekId: string) => this.#call<Caller>('GET', `/api/v1/veks/${vekId}/caller`);
  putCaller = (vekId: string, version: number, known: Partial<CallerFields>, key: string) =>
    this.#call<void>('PUT', `/api/v1/veks/${vekId}/caller`, { version, ...known }, key);
  /** Each read is written down. */
  restricted = async (vekId: string, set: RestrictedSet) =>
    (await this.#call<{ texts: RestrictedText[] }>('GET', `/api/v1/veks/${vekId}/restricted/${set}`)).texts;
  putRestricted = (vekId: string, set: RestrictedSet, text: string, key: string) =>
    this.#call<void>('PUT', `/api/v1/veks/${vekId}/restricted/${set}`, { text }, key);
  duplicates = async (vekId: string) =>
    (await this.#call<{ duplicates: Duplicate[] }>('GET', `/api/v1/veks/${vekId}/duplicates`)).duplicates;
  history = async (vekId: string) =>
    (await this.#call<{ history: HistoryLine[] }>('GET', `/api/v1/veks/${vekId}/history`)).history;
  comments = async (vekId: string) =>
    (await this.#call<{ comments: Comment[] }>('GET', `/api/v1/veks/${vekId}/comments`)).comments;
  comment = (vekId: string, id: string, text: string) =>
    this.#call<unknown>('POST', `/api/v1/veks/${vekId}/comments`, { id, text });
  offer = (vekId: string, agencyCode: string, respondWithinS: number | undefined, transfer: boolean, key: string) =>
    this.#call<void>(
      'POST',
      `/api/v1/veks/${vekId}/services`,
      { agencyCode, transfer, ...(respondWithinS === undefined ? {} : { respondWithinS }) },
      key,
    );
  answer = (vekId: string, answer: 'accepted' | 'refused', reason: string | undefined, key: string) =>
    this.#call<void>(
      'POST',
      `/api/v1/veks/${vekId}/answer`,
      { answer, ...(reason === undefined ? {} : { reason }) },
      key,
    );
  returnPart = (vekId: string, agencyId: string, reason: string, key: string) =>
    this.#call<void>('POST', `/api/v1/veks/${vekId}/services/${agencyId}/return`, { reason }, key);
  putPresence = (vekId: string, mode: Present['mode']) =>
    this.#call<{ present: Present[]; renewWithinMs: number }>('PUT', `/api/v1/veks/${vekId}/presence`, { mode });
  endPresence = (vekId: string) => this.#call<void>('DELETE', `/api/v1/veks/${vekId}/presence`);
  assign = (vekId: string, id: string, unitId: string) =>
    this.#call<{ id: string }>('POST', `/api/v1/veks/${vekId}/assignments`, { id, unitId });
  expectFree = (assignmentId: string, expected: ExpectedFree | null, key: string) =>
    this.#call<void>(
      'PUT',
      `/api/v1/assignments/${assignmentId}/expected-free`,
      expected === null ? { at: null } : { at: new Date(expected.at).toISOString(), place: expected.place },
      key,
    );
  stations = async () => (await this.#call<{ stations: Station[] }>('GET', '/api/v1/stations')).stations;
  relieve = (assignmentId: string, id: string, unitId: string) =>
    this.#call<{ id: string }>('POST', `/api/v1/assignments/${assignmentId}/relief`, { id, unitId });
  cancelAssignment = (id: string, key: string) =>
    this.#call<void>('DELETE', `/api/v1/assignments/${id}`, undefined, key);
  setUnitStatus = (id: string, status: string, overrideReason: string | undefined, key: string) =>
    this.#call<{ outcome: string }>(
      'POST',
      `/api/v1/units/${id}/status`,
      { status, ...(overrideReason === undefined ? {} : { overrideReason }) },
      key,
    );
  enterPosition = (unitId: string, { lon, lat }: Located, note: string | undefined, key: string) =>
    this.#call<{ shown: boolean }>(
      'PUT',
      `/api/v1/units/${unitId}/position`,
      { lon, lat, ...(note === undefined ? {} : { note }) },
      key,
    );
  live = async () =>
    (
      await this.#call<{ units: { readonly id: string; readonly lon: number; readonly lat: number }[] }>(
        'GET',
        '/api/v1/live',
      )
    ).units;
  shelters = async (lon: number, lat: number, k: number) =>
    (await this.#call<{ shelters: Shelter[] }>('GET', `/api/v1/shelters?lon=${lon}&lat=${lat}&k=${k}`)).shelters;

  network = () => this.#call<Network>('GET', '/api/v1/network');
  alarms = async () => (await this.#call<{ alarms: Alarm[] }>('GET', '/api/v1/alarms')).alarms;
  attention = async () => (await this.#call<{ items: Attention[] }>('GET', '/api/v1/attention')).items;
  acknowledgeAttention = (id: string) => this.#call<void>('POST', `/api/v1/attention/${id}/acknowledge`);
  acknowledgeAlarm = (id: string) => this.#call<void>('POST', `/api/v1/alarms/${id}/acknowledge`);
  closures = async () => (await this.#call<{ closures: Closure[] }>('GET', '/api/v1/closures')).closures;
  createClosure = (closure: NewClosure) => this.#call<{ id: string }>('POST', '/api/v1/closures', closure);
  removeClosure = (id: string) => this.#call<void>('DELETE', `/api/v1/closures/${id}`);

  route(from: Located, to: Located, headingDeg: number | undefined, profile: string | undefined): Promise<RouteAnswer> {
    const query = new URLSearchParams({ from: `${from.lon},${from.lat}`, to: `${to.lon},${to.lat}` });
    if (headingDeg !== undefined) query.set('heading', headingDeg.toFixed(0));
    if (profile !== undefined) query.set('profile', profile);
    return this.#call<RouteAnswer>('GET', `/api/v1/route?${query}`);
  }

  isochrone(place: Located, minutes: readonly number[], profile: string | undefined): Promise<Isochrone> {
    const query = new URLSearchParams({
      place: `${place.lon},${place.lat}`,
      minutes: minutes.join(','),
      direction: 'to',
    });
    if (profile !== undefined) query.set('profile', profile);
    return this.#call<Isochrone>('GET', `/api/v1/isochrone?${query}`);
  }

  /** Codes of the objects for which run cards ask for something else. */
  cardObjects = async () => {
    const { runCards } = await this.#call<{ runCards: readonly { readonly object?: string | null }[] }>(
      'GET',
      '/api/v1/run-cards',
    );
    return [...new Set(runCards.flatMap(({ object }) => object ?? []))];
  };
  recommend = (question: RecommendationQuestion) =>
    this.#call<Recommendation>('POST', '/api/v1/recommendations', question);
  available = (question: AvailableQuestion) => this.#call<Available>('POST', '/api/v1/available', question);
  hold = (vekId: string, id: string, unitId: string) =>
    this.#call<{ expiresAt: number }>('POST', '/api/v1/holds', { id, unitId, vekId });
  release = (holdId: string) => this.#call<void>('DELETE', `/api/v1/holds/${holdId}`);
  proposals = async () => (await this.#call<{ proposals: Proposal[] }>('GET', '/api/v1/proposals')).proposals;
  confirmProposal = (id: string) => this.#call<unknown>('POST', `/api/v1/proposals/${id}/confirm`, {});
  dismissProposal = (id: string, reason: string) =>
    this.#call<void>('POST', `/api/v1/proposals/${id}/dismiss`, { reason });
}
