import { type FreePlace, lonLat, type StandingUnit } from '../../../geo-engine/src/index.js';
import type { LiveTable } from '../live/live-table.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { isAssignmentStatus } from '../protocol/status.js';
import {
  type CrewShift,
  type CrewUnit,
  type Directory,
  type ExpectedFree,
  holdAt,
  type Stretch,
} from '../units/directory.js';
import {
  ACCURACY_M,
  FIX_STRIDE,
  FIX_TIME,
  type FleetOrder,
  HANDLE,
  HEADING_DEG,
  IS_SUSPECT,
  LAT,
  LON,
  RECEIVED_AT,
  SPEED_MPS,
} from './engine/fleet-order.js';
import type { OpenVeks } from './open-veks.js';
import type { Policies } from './policies.js';
import { serviceOf } from './services.js';

/** So long before an event the units kept for it go nowhere else: a call takes about that. */
const RESERVED_AHEAD_MS = 3_600_000;
/** What is left of a turnout is told anew this often. */
const TURNOUT_STEP_MS = 1000;
const UNKNOWN = 0xffff;
/** Units that are told of in one go where all are. */
const HANDFUL = 500;

/**
 * What the engine is told of the fleet, as the directory, the live picture and the open VEKs say. What runs out by the clock alone (a hold, a
 * shift, a rest) is among the news when somebody asks.
 */
export class RosterKeeper {
  readonly #directory: Directory;
  readonly #live: LiveTable;
  readonly #veks: OpenVeks;
  readonly #policies: Policies;
  /** Units that one crew mans by turns, by the crew's name within its agency. */
  readonly #crews = new Map<string, Set<CrewUnit>>();
  readonly #crewsOf = new Map<CrewUnit, readonly string[]>();
  readonly #held = new Set<CrewUnit>(); // holds that have run out are among them for a while
  readonly #listeners = new Set<(unitIds: readonly string[]) => void>();
  // what the engine was not told yet
  readonly #changed = new Map<CrewUnit, StandingUnit>();
  readonly #gone = new Set<number>();
  #moved: number[] = []; // slots of the live table
  #isMoved = new Uint8Array(0); // [slots] 1: among #moved
  /** Until when a unit stands as was noted last, epoch ms; those for whom that ends. */
  readonly #holdsUntil = new Map<CrewUnit, number>();
  #nextToRunOut = Number.POSITIVE_INFINITY; // of #holdsUntil, or earlier

  constructor(directory: Directory, live: LiveTable, veks: OpenVeks, policies: Policies) {
    this.#directory = directory;
    this.#live = live;
    this.#veks = veks;
    this.#policies = policies;
    live.onChanged((slot) => this.#move(slot));
    directory.onChange((change) => {
      if (change.kind === 'units') this.#take(change.units);
      else if (change.kind === 'agencies') this.#take([...directory.units.values()]);
    });
    veks.onChange((ids) => {
      const units = ids.flatMap((id) => veks.get(id)?.work.map(({ unitId }) => directory.units.get(unitId)) ?? []);
      this.#take(units.filter((unit) => unit !== undefined));
    });
    policies.onChange(() => this.#take([...directory.units.values()]));
  }

  /** The whole fleet, a handful at a time, as it is when each is taken. */
  *everybody(): Generator<FleetOrder> {
    let units: CrewUnit[] = [];
    const order = (): FleetOrder => {
      const now = Date.now();
      return {
        gone: [],
        standing: units.map((unit) => this.#standingNoted(unit, now)),
        fixes: this.#fixesOf(units.map(({ slot }) => slot)),
      };
    };
    for (const unit of this.#directory.units.values()) {
      if (unit.retired) continue;
      if (units.push(unit) < HANDFUL) continue;
      yield order();
      units = [];
    }
    if (units.length > 0) yield order();
  }

  /** What has changed since it was asked last; undefined: nothing. */
  news(): FleetOrder | undefined {
    const now = Date.now();
    if (this.#nextToRunOut <= now) this.#runOut(now);
    if (this.#changed.size + this.#gone.size + this.#moved.length === 0) return undefined;
    const gone = [...this.#gone];
    const standing = [...this.#changed.values()];
    const fixes = this.#fixesOf(this.#moved);
    for (const slot of this.#moved) this.#isMoved[slot] = 0;
    this.#moved = [];
    this.#changed.clear();
    this.#gone.clear();
    return { gone, standing, fixes };
  }

  /** Ids of the units that a desk holds for a VEK. */
  heldBy(subject: string, vekId: string, now: number): string[] {
    return [...this.#held]
      .filter((unit) => {
        const hold = holdAt(unit, now);
        return hold?.vekId === vekId && hold.by === subject;
      })
      .map(({ id }) => id);
  }

  /** The units of some agencies that stand otherwise at an instant to come, as they do then: holds have run out, shifts have begun. */
  otherwiseAt(at: number, agencies: ReadonlySet<string>): StandingUnit[] {
    // whom nothing concerns until then stands as now; one who shares a crew depends on its mates
    const concerned = new Set<CrewUnit>();
    for (const [unit, until] of this.#holdsUntil) if (until <= at) concerned.add(unit);
    for (const crew of this.#crews.values()) for (const unit of crew) concerned.add(unit);
    const now = Date.now();
    return [...concerned].filter(({ agencyId }) => agencies.has(agencyId)).map((unit) => this.#standing(unit, at, now));
  }

  /** Told the units that stand otherwise than before. */
  onChange(listener: (unitIds: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  #take(units: readonly CrewUnit[]): void {
    const now = Date.now();
    const concerned = new Set(units);
    for (const unit of units) {
      for (const mate of this.#matesOf(unit)) concerned.add(mate);
      this.#enterCrews(unit);
      for (const mate of this.#matesOf(unit)) concerned.add(mate);
    }
    for (const unit of concerned) this.#change(unit, now);
    const ids = [...concerned].map(({ id }) => id);
    if (ids.length > 0) for (const listener of this.#listeners) listener(ids);
  }

  #enterCrews(unit: CrewUnit): void {
    for (const crew of this.#crewsOf.get(unit) ?? []) this.#crews.get(crew)?.delete(unit);
    const crews = unit.retired ? [] : [...new Set(unit.shifts.flatMap((shift) => crewName(unit, shift) ?? []))];
    this.#crewsOf.set(unit, crews);
    for (const crew of crews) {
      const members = this.#crews.get(crew);
      if (members === undefined) this.#crews.set(crew, new Set([unit]));
      else members.add(unit);
    }
  }

  *#matesOf(unit: CrewUnit): Generator<CrewUnit> {
    for (const crew of this.#crewsOf.get(unit) ?? []) yield* this.#crews.get(crew)!;
  }

  /** Notes that a unit stands otherwise, or is gone. */
  #change(unit: CrewUnit, now: number): void {
    if (unit.retired) {
      this.#gone.add(unit.handle);
      this.#changed.delete(unit);
      this.#held.delete(unit);
      this.#holdsUntil.delete(unit);
      return;
    }
    this.#gone.delete(unit.handle);
    this.#changed.set(unit, this.#standingNoted(unit, now));
    this.#move(unit.slot); // it may be new, and on the picture before
  }

  #move(slot: number): void {
    if (slot >= this.#isMoved.length) {
      const wider = new Uint8Array(Math.max(64, 2 * this.#live.slots));
      wider.set(this.#isMoved);
      this.#isMoved = wider;
    }
    if (this.#isMoved[slot] === 1) return;
    this.#isMoved[slot] = 1;
    this.#moved.push(slot);
  }

  #runOut(now: number): void {
    this.#nextToRunOut = Number.POSITIVE_INFINITY;
    for (const [unit, until] of this.#holdsUntil) {
      if (until <= now) this.#change(unit, now);
      else this.#nextToRunOut = Math.min(this.#nextToRunOut, until);
    }
  }

  /** How a unit stands now; it is noted until when, and whether it is held. */
  #standingNoted(unit: CrewUnit, now: number): StandingUnit {
    const standing = this.#standing(unit, now);
    if (standing.held) this.#held.add(unit);
    else this.#held.delete(unit);
    const until = this.#until(unit, standing, now);
    if (until === Number.POSITIVE_INFINITY) this.#holdsUntil.delete(unit);
    else this.#holdsUntil.set(unit, until);
    this.#nextToRunOut = Math.min(this.#nextToRunOut, until);
    return standing;
  }

  #fixesOf(slots: readonly number[]): Float64Array {
    const live = this.#live;
    const fixes = new Float64Array(slots.length * FIX_STRIDE);
    for (const [i, slot] of slots.entries()) {
      const at = i * FIX_STRIDE;
      fixes[at + HANDLE] = live.handle[slot]!;
      if (!live.hasPosition(slot)) {
        fixes[at + LON] = Number.NaN;
        continue;
      }
      const [lon, lat] = live.lonLat(slot);
      fixes[at + LON] = lon;
      fixes[at + LAT] = lat;
      fixes[at + FIX_TIME] = live.fixTime[slot]!;
      fixes[at + RECEIVED_AT] = live.receivedAt[slot]!;
      fixes[at + ACCURACY_M] = known(live.accuracyDm[slot]!, 10);
      fixes[at + SPEED_MPS] = known(live.speedCmps[slot]!, 100);
      fixes[at + HEADING_DEG] = known(live.headingCdeg[slot]!, 100);
      fixes[at + IS_SUSPECT] = live.flags[slot]! & UNIT_FLAG.setAside ? 1 : 0;
    }
    return fixes;
  }

  /** How a unit stands at an instant, as far as is known now. */
  #standing(unit: CrewUnit, at: number, now = at): StandingUnit {
    const agency = this.#directory.agenciesById.get(unit.agencyId)!;
    const { id, handle, callsign, agencyId, kind, status, capabilities, equipment, shifts, lastCallEndedAt } = unit;
    const shift = current(shifts, at);
    const work = isAssignmentStatus(status) ? unit.work : null;
    const reservation = unit.reservations.find(
      ({ startsAt, endsAt }) => startsAt - RESERVED_AHEAD_MS <= at && at < endsAt,
    );
    // what was expected and has not come true is expected no longer
    const expected = work?.expectedFree != null && work.expectedFree.at > now ? work.expectedFree : null;
    const isIdleThisShift = lastCallEndedAt !== null && (shift === undefined || lastCallEndedAt >= shift.startsAt);
    const crewId = shift === undefined ? null : crewName(unit, shift);
    return {
      handle,
      unitId: id,
      callsign,
      agencyId,
      kind,
      status,
      capabilities,
      held: holdAt(unit, at) !== null,
      vekId: work?.vekId ?? null,
      onShift: shifts.length === 0 ? null : shift !== undefined,
      headCount: shift?.headCount ?? null,
      service: serviceOf(agency),
      // a boat comes on its trailer
      profile: unit.profile === 'boat' ? 'heavy' : (unit.profile ?? 'car'),
      qualifications: new Map(Object.entries(shift?.qualifications ?? {})),
      equipment,
      crewId,
      crewOutWith: crewId === null ? null : this.#outWith(unit, crewId, at),
      shiftEndsAt: shift?.endsAt ?? null,
      restUntil: current(unit.rests, at)?.endsAt ?? null,
      idleSince: isIdleThisShift ? lastCallEndedAt : null,
      reservedFor: reservation === undefined ? null : { vekId: reservation.vekId, from: reservation.startsAt },
      freeAt: expected?.at ?? null,
      freePlace: expected === null ? null : freePlaceOf(expected),
      workPriority: work === null ? null : (this.#veks.get(work.vekId)?.priority ?? null),
      turnoutMs: this.#turnoutMs(unit, serviceOf(agency), at),
    };
  }

  /** The other unit that the crew is out with. */
  #outWith(unit: CrewUnit, crewId: string, now: number): string | null {
    for (const mate of this.#crews.get(crewId) ?? []) {
      if (mate === unit || !isAssignmentStatus(mate.status)) continue;
      const shift = current(mate.shifts, now);
      if (shift !== undefined && crewName(mate, shift) === crewId) return mate.id;
    }
    return null;
  }

  #turnoutMs({ agencyId, status, work }: CrewUnit, service: string, now: number): number {
    const { turnoutS } = this.#policies.of(agencyId);
    const wholeMs = (turnoutS[service] ?? turnoutS['*'] ?? 0) * 1000;
    if (status === 'available_at_station') return wholeMs;
    return status === 'dispatched' && work !== null ? Math.max(0, wholeMs - Math.max(0, now - work.dispatchedAt)) : 0;
  }

  /** From when on it stands otherwise, though nobody says anything; epoch ms. */
  #until(unit: CrewUnit, { turnoutMs, status }: StandingUnit, now: number): number {
    const turns = [unit.hold?.until ?? 0, unit.work?.expectedFree?.at ?? 0];
    for (const { startsAt, endsAt } of [...unit.shifts, ...unit.rests]) turns.push(startsAt, endsAt);
    for (const { startsAt, endsAt } of unit.reservations) turns.push(startsAt - RESERVED_AHEAD_MS, endsAt);
    if (status === 'dispatched' && turnoutMs > 0) turns.push(now + TURNOUT_STEP_MS);
    return Math.min(...turns.filter((turn) => turn > now));
  }
}

function freePlaceOf({ place }: ExpectedFree): FreePlace | null {
  return place && { at: lonLat(place.lon, place.lat), name: place.name };
}

function current<T extends Stretch>(stretches: readonly T[], now: number): T | undefined {
  return stretches.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
}

function crewName({ agencyId }: CrewUnit, { crew }: CrewShift): string | null {
  return crew === null ? null : `${agencyId} ${crew}`;
}

/** Whole numbers of the live table in the unit that a scale makes of them; NaN: unknown. */
function known(value: number, scale: number): number {
  return value === UNKNOWN ? Number.NaN : value / scale;
}
