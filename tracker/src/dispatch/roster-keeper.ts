import { DispatchRoster, type DispatchUnit, type StandingUnit, type UnitFix } from '../../../geo-engine/src/index.js';
import type { LiveTable } from '../live/live-table.js';
import { UNIT_FLAG } from '../protocol/live-frame.js';
import { isAssignmentStatus } from '../protocol/status.js';
import { type CrewShift, type CrewUnit, type Directory, holdAt, type Stretch } from '../units/directory.js';
import type { OpenVeks } from './open-veks.js';
import type { Policies } from './policies.js';
import { serviceOf } from './services.js';

/** So long before an event the units kept for it go nowhere else: a call takes about that. */
const RESERVED_AHEAD_MS = 3_600_000;
/** What is left of a turnout is told anew this often. */
const TURNOUT_STEP_MS = 1000;
const UNKNOWN = 0xffff;
const NO_MARKS: readonly string[] = [];
const SET_ASIDE: readonly string[] = ['fixes_set_aside'];

/**
 * Keeps the roster that recommendations ask as the directory, the live picture and the open VEKs say. What runs out by the clock alone (a
 * hold, a shift, a rest) is brought up to date when somebody asks.
 */
export class RosterKeeper {
  readonly #roster = new DispatchRoster();
  readonly #directory: Directory;
  readonly #live: LiveTable;
  readonly #veks: OpenVeks;
  readonly #policies: Policies;
  /** Units that one crew mans by turns, by the crew's name within its agency. */
  readonly #crews = new Map<string, Set<CrewUnit>>();
  readonly #crewsOf = new Map<CrewUnit, readonly string[]>();
  readonly #held = new Set<CrewUnit>(); // holds that have run out are among them for a while
  readonly #listeners = new Set<(unitIds: readonly string[]) => void>();

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

  /** The roster as of now. */
  at(now: number): DispatchRoster {
    for (const handle of this.#roster.expired(now)) this.#upsert(this.#directory.unitsByHandle.get(handle)!, now);
    return this.#roster;
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

  /** The units of some agencies as they stand at an instant: by then holds have run out, shifts have begun. Places are the last ones known. */
  *standing(at: number, now: number, agencies: ReadonlySet<string>): Generator<DispatchUnit> {
    const roster = this.at(now);
    for (const unit of this.#directory.units.values()) {
      if (unit.retired || !agencies.has(unit.agencyId)) continue;
      const known = roster.unit(unit.handle);
      if (known !== undefined) yield at === now ? known : { ...known, ...this.#standing(unit, at) };
    }
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
    for (const unit of concerned) {
      if (unit.retired) this.#roster.remove(unit.handle);
      else this.#upsert(unit, now);
    }
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

  #upsert(unit: CrewUnit, now: number): void {
    const standing = this.#standing(unit, now);
    if (standing.held) this.#held.add(unit);
    else this.#held.delete(unit);
    this.#roster.upsert(standing, this.#holdsUntil(unit, standing, now));
    this.#move(unit.slot); // it may be new, and on the picture before
  }

  #move(slot: number): void {
    const live = this.#live;
    if (!live.hasPosition(slot)) return this.#roster.unplace(live.handle[slot]!);
    const fix: UnitFix = {
      place: live.lonLat(slot),
      fixTime: live.fixTime[slot]!,
      receivedAt: live.receivedAt[slot]!,
      accuracyM: known(live.accuracyDm[slot]!, 10),
      speedMps: known(live.speedCmps[slot]!, 100),
      headingDeg: known(live.headingCdeg[slot]!, 100),
      suspect: live.flags[slot]! & UNIT_FLAG.setAside ? SET_ASIDE : NO_MARKS,
    };
    this.#roster.move(live.handle[slot]!, fix);
  }

  #standing(unit: CrewUnit, now: number): StandingUnit {
    const agency = this.#directory.agenciesById.get(unit.agencyId)!;
    const { id, handle, callsign, agencyId, kind, status, capabilities, equipment, shifts, lastCallEndedAt } = unit;
    const shift = current(shifts, now);
    const work = isAssignmentStatus(status) ? unit.work : null;
    const reservation = unit.reservations.find(
      ({ startsAt, endsAt }) => startsAt - RESERVED_AHEAD_MS <= now && now < endsAt,
    );
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
      held: holdAt(unit, now) !== null,
      vekId: work?.vekId ?? null,
      onShift: shifts.length === 0 ? null : shift !== undefined,
      headCount: shift?.headCount ?? null,
      service: serviceOf(agency),
      // a boat comes on its trailer
      profile: unit.profile === 'boat' ? 'heavy' : (unit.profile ?? 'car'),
      qualifications: new Map(Object.entries(shift?.qualifications ?? {})),
      equipment,
      crewId,
      crewOutWith: crewId === null ? null : this.#outWith(unit, crewId, now),
      shiftEndsAt: shift?.endsAt ?? null,
      restUntil: current(unit.rests, now)?.endsAt ?? null,
      idleSince: isIdleThisShift ? lastCallEndedAt : null,
      reservedFor: reservation === undefined ? null : { vekId: reservation.vekId, from: reservation.startsAt },
      // what was expected and has not come true is expected no longer
      freeAt: work?.expectedFreeAt != null && work.expectedFreeAt > now ? work.expectedFreeAt : null,
      workPriority: work === null ? null : (this.#veks.get(work.vekId)?.priority ?? null),
      turnoutMs: this.#turnoutMs(unit, serviceOf(agency), now),
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
  #holdsUntil(unit: CrewUnit, { turnoutMs, status }: StandingUnit, now: number): number {
    const turns = [unit.hold?.until ?? 0, unit.work?.expectedFreeAt ?? 0];
    for (const { startsAt, endsAt } of [...unit.shifts, ...unit.rests]) turns.push(startsAt, endsAt);
    for (const { startsAt, endsAt } of unit.reservations) turns.push(startsAt - RESERVED_AHEAD_MS, endsAt);
    if (status === 'dispatched' && turnoutMs > 0) turns.push(now + TURNOUT_STEP_MS);
    return Math.min(...turns.filter((turn) => turn > now));
  }
}

function current<T extends Stretch>(stretches: readonly T[], now: number): T | undefined {
  return stretches.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
}

function crewName({ agencyId }: CrewUnit, { crew }: CrewShift): string | null {
  return crew === null ? null : `${agencyId} ${crew}`;
}

/** Whole numbers of the live table in the unit that a scale makes of them. */
function known(value: number, scale: number): number | null {
  return value === UNKNOWN ? null : value / scale;
}
