import { UNIT_FLAG } from '../../../tracker/src/protocol/live-frame.js';
import { ConsoleClient, type FeedEvent } from '../feed/index.js';
import { Words } from '../i18n/words.js';
import { Api, ApiProblem, type Attention, type NewClosure, type NewVek, type Unit, type Vek } from './api.js';
import { Attendance } from './attendance.js';
import { attentionText, isForDesk } from './attention.js';
import { CardLife } from './card-life.js';
import { Commands } from './commands.js';
import { Dispatching } from './dispatching.js';
import { eventTypeLabel } from './event-types.js';
import type { Located } from './located.js';
import type { AvailableQuestion, Proposal } from './recommendation.js';
import { keepLanguage, keepTheme, keepToken, readLanguage, readTheme, readToken } from './settings.js';
import { type DrawnReach, type DrawnRoute, type Selection, type State, Store } from './store.js';

const READINESS_EVERY_MS = 5000;
/** Events come often; lists are fetched in full now and then all the same. */
const REFETCH_EVERY_MS = 60_000;
const GATHER_MS = 80;
const COUNT_EVERY_MS = 1000;
/** A network that is being imported or replaced is noticed so soon. */
const NETWORK_EVERY_MS = 15_000;
/** Limits of the reach that is drawn, minutes: those of the norms for towns and the country. */
const REACH_MINUTES = [8, 15];
const RETRY_SIGN_IN_MS = 1500;
const SHELTERS = 1000;
/** What is told so soon after something else is told with it: the one would cut the other off. */
const TOGETHER_MS = 3000;
const LATVIA_CENTRE = { lon: 24.6, lat: 56.9 };
const ENDED = new Set(['closed', 'cancelled', 'transferred', 'merged']);

const EMPTY: Pick<
  State,
  | 'session'
  | 'connection'
  | 'lastBundleAt'
  | 'units'
  | 'unitByHandle'
  | 'veks'
  | 'veksLoaded'
  | 'alarms'
  | 'attention'
  | 'present'
  | 'journal'
  | 'selection'
  | 'draftPlace'
  | 'unitsInPicture'
  | 'closures'
  | 'route'
  | 'reach'
  | 'whoGoes'
  | 'ways'
  | 'marked'
  | 'proposals'
  | 'available'
  | 'draftArea'
  | 'cardObjects'
> = {
  session: undefined,
  connection: 'connecting',
  lastBundleAt: undefined,
  units: new Map(),
  unitByHandle: new Map(),
  veks: new Map(),
  veksLoaded: false,
  alarms: [],
  attention: [],
  present: new Map(),
  journal: undefined,
  selection: { kind: 'none' },
  draftPlace: undefined,
  unitsInPicture: 0,
  closures: [],
  route: undefined,
  reach: undefined,
  whoGoes: undefined,
  ways: [],
  marked: new Set(),
  proposals: [],
  available: undefined,
  draftArea: undefined,
  cardObjects: undefined,
};

/** A dispatcher's desk: holds the session, keeps the lists right by the feed, and carries out what the panels ask for. */
export class Desk {
  readonly store: Store;
  client: ConsoleClient | undefined;
  /** Moves the map; set by the map. */
  flyTo: (place: { lon: number; lat: number }) => void = () => {};
  /** Shows all ways that are drawn; set by the map. */
  showWays: () => void = () => {};
  mapCentre: () => Located = () => LATVIA_CENTRE;
  /** Corners of what the map shows, counterclockwise. */
  mapView: () => readonly Located[] = () => [];
  #api = new Api();
  readonly #stale = {
    veks: new Set<string>(),
    units: new Set<string>(),
    allVeks: false,
    allUnits: false,
    closures: false,
    alarms: false,
    attention: false,
    proposals: false,
    journal: false,
  };
  #announcedAt = 0;
  #gatherTimer: ReturnType<typeof setTimeout> | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];
  readonly #commands = new Commands(() => this.#gather());
  readonly dispatching: Dispatching;
  readonly cardLife: CardLife;
  readonly attendance: Attendance;

  constructor() {
    this.store = new Store({
      ...EMPTY,
      signInProblem: undefined,
      degraded: [],
      shelters: [],
      network: undefined,
      announcement: '',
      language: readLanguage(),
      theme: readTheme(),
      showShelters: false,
    });
    this.dispatching = new Dispatching({
      store: this.store,
      commands: this.#commands,
      api: () => this.#api,
      changed: (vekId, unitId) => {
        this.#stale.veks.add(vekId);
        this.#stale.units.add(unitId);
      },
      profileOf: (agencyId) => this.#profileOf(agencyId),
    });
    this.cardLife = new CardLife({
      store: this.store,
      commands: this.#commands,
      api: () => this.#api,
      changed: (vekId) => {
        this.#stale.veks.add(vekId);
        this.#stale.journal = true;
      },
      readAgain: async (vekId) => this.#putVeks([await this.#api.vek(vekId)]),
    });
    this.attendance = new Attendance(this.store, () => this.#api);
    const token = readToken();
    if (token !== null) void this.signIn(token);
  }

  get words(): Words {
    return new Words(this.store.get().language);
  }

  // the session

  demoUsers = () => new Api().demoUsers();

  async signInAs(user: string): Promise<void> {
    try {
      await this.signIn(await new Api().demoToken(user));
    } catch (error) {
      this.#signInFailed(error);
    }
  }

  async signIn(token: string): Promise<void> {
    const api = new Api(token);
    try {
      const [me, agencies] = await Promise.all([api.me(), api.agencies()]);
      this.#api = api;
      keepToken(token);
      this.store.set({
        ...EMPTY,
        session: { me, agencies: new Map(agencies.map((agency) => [agency.id, agency])) },
        signInProblem: undefined,
      });
      this.#open(token);
    } catch (error) {
      this.#signInFailed(error);
      // the server may only be starting: the token is as good as before
      if (error instanceof ApiProblem && error.status === 0)
        setTimeout(() => void this.signIn(token), RETRY_SIGN_IN_MS);
      else keepToken(null);
    }
  }

  #signInFailed(error: unknown): void {
    this.store.set({ signInProblem: error instanceof ApiProblem ? error.code : 'other' });
  }

  #open(token: string): void {
    this.#close();
    const client = new ConsoleClient({ url: location.origin, token });
    this.client = client;
    client.on('state', (connection, code) => {
      if (connection === 'refused') {
        this.signOut();
        this.store.set({ signInProblem: code ?? 'token_invalid' });
      } else this.store.set({ connection, lastBundleAt: client.lastBundleAt });
    });
    client.on('events', (events) => this.#take(events));
    client.on('gap', () => this.#refetch());
    client.on('presence', (change) => this.attendance.take(change));
    this.#timers = [
      setInterval(() => void this.#checkReadiness(), READINESS_EVERY_MS),
      setInterval(() => this.#refetch(), REFETCH_EVERY_MS),
      setInterval(() => this.#count(), COUNT_EVERY_MS),
      setInterval(() => void this.#checkNetwork(), NETWORK_EVERY_MS),
    ];
    void this.#checkReadiness();
    void this.#checkNetwork();
    void this.#api
      .shelters(LATVIA_CENTRE.lon, LATVIA_CENTRE.lat, SHELTERS)
      .catch(() => this.#api.shelters(LATVIA_CENTRE.lon, LATVIA_CENTRE.lat, 50))
      .then((shelters) => this.store.set({ shelters }))
      .catch(() => {}); // the map does without
    client.start();
  }

  #close(): void {
    this.attendance.moveTo(undefined);
    this.client?.stop();
    this.client = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
  }

  signOut(): void {
    this.#close();
    keepToken(null);
    this.#api = new Api();
    this.store.set({ ...EMPTY, degraded: [] });
  }

  may(operation: 'dispatch' | 'create' | 'status' | 'close_roads'): boolean {
    const roles = this.store.get().session?.me.roles ?? [];
    if (operation === 'dispatch') return roles.includes('dispatcher');
    if (operation === 'create') return roles.includes('dispatcher') || roles.includes('call_taker');
    return roles.includes('dispatcher') || roles.includes('commander');
  }

  // what the feed says

  #take(events: readonly FeedEvent[]): void {
    for (const event of events) {
      const { type, subject, data } = event;
      const vekId = typeof data.vekId === 'string' ? data.vekId : undefined;
      const unitId = typeof data.unitId === 'string' ? data.unitId : undefined;
      if (type.startsWith('lv.vanags.attention.')) {
        this.#stale.attention = true;
        continue;
      }
      // a card that this desk does not know may not be its to read: that of another's unit, or one that went into a card of its own
      const isNews = subject === `vek/${vekId}` && !/\.vek\.(merged|closed)\./.test(type);
      if (vekId !== undefined && (isNews || this.store.get().veks.has(vekId))) this.#stale.veks.add(vekId);
      if (vekId !== undefined && vekId === this.store.get().journal?.vekId) this.#stale.journal = true;
      if (type === 'lv.vanags.unit.sos.v1' || type.startsWith('lv.vanags.alarm.')) this.#stale.alarms = true;
      else if (type === 'lv.vanags.unit.status_changed.v1' && unitId !== undefined) this.#show(unitId, data);
      else if (unitId !== undefined && type.startsWith('lv.vanags.unit.held')) this.#lookAgainAt(unitId);
      else if (type.startsWith('lv.vanags.closure.')) this.#stale.closures = true;
      else if (type.startsWith('lv.vanags.proposal.')) this.#stale.proposals = true;
      else if (/^lv\.vanags\.(unit|grant|agency)\.(created|revoked|retired|bound)/.test(type))
        this.#stale.allUnits = true;
    }
    this.#gather();
  }

  /** Units of others on a card of ours are told of too; what this desk may see of those, it knows. */
  #lookAgainAt(unitId: string): void {
    if (this.store.get().units.has(unitId)) this.#stale.units.add(unitId);
  }

  /** The new status of a unit that this desk knows, without a question to the server. */
  #show(unitId: string, data: FeedEvent['data']): void {
    const unit = this.store.get().units.get(unitId);
    if (unit === undefined) return;
    this.#putUnits([
      {
        ...unit,
        status: String(data.to),
        statusSince: Number(data.since),
        statusSource: String(data.source),
        heldUntil: null,
      },
    ]);
  }

  /** A person has seen it: it is told of no longer, on any desk. */
  acknowledgeAlarm(id: string): Promise<void> {
    return this.#commands.run(`acknowledge ${id}`, async () => {
      await this.#api.acknowledgeAlarm(id);
      this.#stale.alarms = true;
    });
  }

  acknowledgeAttention(id: string): Promise<void> {
    return this.#commands.run(`see to ${id}`, async () => {
      await this.#api.acknowledgeAttention(id);
      this.#stale.attention = true;
    });
  }

  #refetch(): void {
    this.#stale.allUnits = true;
    this.#stale.allVeks = true;
    this.#stale.closures = true;
    this.#stale.alarms = true;
    this.#stale.attention = true;
    this.#stale.proposals = true;
    this.#stale.journal = true;
    this.#gather();
  }

  #gather(): void {
    this.#gatherTimer ??= setTimeout(() => {
      this.#gatherTimer = undefined;
      void this.#fetchStale();
    }, GATHER_MS);
  }

  async #fetchStale(): Promise<void> {
    const { veks, units, allVeks, allUnits, closures, alarms, attention, proposals, journal } = this.#stale;
    const { selection } = this.store.get();
    const openVekId = journal && selection.kind === 'vek' ? selection.id : undefined;
    const vekIds = [...veks];
    const unitIds = [...units];
    veks.clear();
    units.clear();
    this.#stale.allVeks = false;
    this.#stale.allUnits = false;
    this.#stale.closures = false;
    this.#stale.alarms = false;
    this.#stale.attention = false;
    this.#stale.proposals = false;
    this.#stale.journal = false;
    const api = this.#api;
    try {
      await Promise.all([
        allUnits ? api.units().then((all) => this.#putUnits(all, true)) : undefined,
        allVeks ? api.veks().then((all) => this.#putVeks(all, true)) : undefined,
        closures ? api.closures().then((all) => this.store.set({ closures: all })) : undefined,
        alarms ? api.alarms().then((open) => this.store.set({ alarms: open })) : undefined,
        attention ? api.attention().then((waiting) => this.#putAttention(waiting)) : undefined,
        openVekId === undefined ? undefined : ifThere(this.cardLife.read(openVekId)),
        proposals ? ifThere(api.proposals()).then((all) => this.#putProposals(all ?? [])) : undefined,
        ...(allUnits ? [] : unitIds.map((id) => ifThere(api.unit(id)).then((unit) => unit && this.#putUnits([unit])))),
        ...(allVeks ? [] : vekIds.map((id) => ifThere(api.vek(id)).then((vek) => vek && this.#putVeks([vek])))),
      ]);
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 401) return;
      // asked again with the next event, or soon
      for (const id of vekIds) veks.add(id);
      for (const id of unitIds) units.add(id);
      this.#stale.allVeks ||= allVeks;
      this.#stale.allUnits ||= allUnits;
      this.#stale.closures ||= closures;
      this.#stale.alarms ||= alarms;
      this.#stale.attention ||= attention;
      this.#stale.journal ||= journal;
      this.#stale.proposals ||= proposals;
      if (api === this.#api) setTimeout(() => this.#gather(), 1000);
    }
  }

  #putUnits(changed: readonly Unit[], all = false): void {
    const units = new Map(all ? [] : this.store.get().units);
    for (const unit of changed) units.set(unit.id, unit);
    const unitByHandle = new Map([...units.values()].map((unit) => [unit.handle, unit]));
    this.store.set({ units, unitByHandle });
  }

  #putVeks(changed: readonly Vek[], all = false): void {
    const { veks: before, veksLoaded, session, language } = this.store.get();
    const veks = new Map(all ? [] : before);
    const words = new Words(language);
    for (const vek of changed) {
      const known = before.get(vek.id);
      // answers may overtake one another
      veks.set(vek.id, known !== undefined && known.version > vek.version ? known : vek);
      if (known === undefined && veksLoaded && !ENDED.has(vek.status) && session !== undefined) {
        this.#announce(
          words.text('veks.announce', {
            number: vek.number,
            priority: vek.priority ?? words.text('priority.none'),
            type: eventTypeLabel(vek.typeCode, language) ?? words.text('veks.noType'),
          }),
        );
      }
    }
    this.store.set({ veks, veksLoaded: veksLoaded || all });
  }

  /** Says it to those who do not see the page. */
  #announce(text: string): void {
    const now = Date.now();
    const { announcement } = this.store.get();
    this.store.set({ announcement: now - this.#announcedAt < TOGETHER_MS ? `${announcement}; ${text}` : text });
    this.#announcedAt = now;
  }

  /** A new proposal is told; nothing of it is carried out. */
  #putProposals(proposals: readonly Proposal[]): void {
    const { proposals: before, veks, language } = this.store.get();
    const known = new Set(before.map(({ id }) => id));
    const words = new Words(language);
    const told = proposals
      .filter(({ id }) => !known.has(id))
      .map(({ kind, vekId }) =>
        words.text('proposals.announce', {
          kind: words.label('proposalKind', kind),
          number: veks.get(vekId)?.number ?? '?',
        }),
      );
    this.store.set({ proposals });
    if (told.length > 0) this.#announce(told.join('; '));
  }

  /** What this desk should see to is told; the rest is in the list. */
  #putAttention(attention: readonly Attention[]): void {
    const { attention: before, veks, units, language, session } = this.store.get();
    const known = new Set(before.map(({ id, repeats }) => `${id} ${repeats}`));
    const words = new Words(language);
    const told = attention
      .filter((one) => !known.has(`${one.id} ${one.repeats}`) && isForDesk(one, session?.me.subject))
      .map((one) => attentionText(one, words, veks, units));
    this.store.set({ attention });
    if (told.length > 0) this.#announce(told.join('; '));
  }

  async #checkReadiness(): Promise<void> {
    const { state, reasons } = await this.#api.readiness();
    const degraded = state === 'Normal' ? [] : reasons.length > 0 ? reasons : [state];
    if (String(degraded) !== String(this.store.get().degraded)) this.store.set({ degraded });
  }

  /** The roads in use: the map draws them, and what is said of a route names them. */
  async #checkNetwork(): Promise<void> {
    const network = await this.#api.network().catch(() => undefined); // asked again soon
    const before = this.store.get().network;
    if (network === undefined || JSON.stringify(network) === JSON.stringify(before)) return;
    this.store.set({ network });
    // which stretches a closure takes depends on the network
    if (network.network?.id !== before?.network?.id) {
      this.#stale.closures = true;
      this.#gather();
    }
  }

  #count(): void {
    const { client } = this;
    if (client === undefined) return;
    const { unitsInPicture, lastBundleAt, unitByHandle } = this.store.get();
    const { picture } = client;
    for (let slot = 0; slot < picture.length; slot++) {
      if (unitByHandle.has(picture.handle[slot]!)) continue;
      this.#stale.allUnits = true; // a unit that nobody has told us of
      this.#gather();
      break;
    }
    if (picture.length !== unitsInPicture || client.lastBundleAt !== lastBundleAt)
      this.store.set({ unitsInPicture: picture.length, lastBundleAt: client.lastBundleAt });
  }

  // what the panels ask for

  select(selection: Selection): void {
    const { selection: before, reach, ways } = this.store.get();
    const stays = selection.kind === 'vek' && selection.id === reach?.vekId;
    const isSameVek = selection.kind === 'vek' && before.kind === 'vek' && selection.id === before.id;
    this.store.set({
      selection,
      draftPlace: undefined,
      draftArea: undefined,
      available: undefined,
      ways: isSameVek ? ways : [],
      reach: stays ? reach : undefined,
    });
    const { journal } = this.store.get();
    const vekId = selection.kind === 'vek' ? selection.id : undefined;
    this.attendance.moveTo(vekId);
    if (vekId !== undefined && journal?.vekId !== vekId) {
      this.store.set({ journal: undefined });
      this.#stale.journal = true;
      this.#gather();
    }
    if (selection.kind === 'unit') {
      this.#stale.units.add(selection.id); // its counters come with the answer only
      this.#gather();
    }
  }

  /** Where what is being written is to be; of an area, its next corner. */
  placeDraft(place: Located): void {
    const { draftArea } = this.store.get();
    this.store.set(draftArea === undefined ? { draftPlace: place } : { draftArea: [...draftArea, place] });
  }

  /** @param corners undefined: no area is drawn, but a place asked for */
  drawArea(corners: readonly Located[] | undefined): void {
    this.store.set({ draftArea: corners });
  }

  /** Marks an incident to be served together with others, or no longer. */
  toggleMark(vekId: string): void {
    const marked = new Set(this.store.get().marked);
    if (!marked.delete(vekId)) marked.add(vekId);
    this.store.set({ marked });
  }

  /** For which objects run cards ask for something else; asked once. */
  async learnObjects(): Promise<void> {
    if (this.store.get().cardObjects === undefined)
      this.store.set({ cardObjects: await this.#api.cardObjects().catch(() => undefined) });
  }

  /** What there is within reach or in an area. The answer stays until another panel is opened. */
  async findAvailable(question: AvailableQuestion): Promise<void> {
    this.store.set({ available: await this.#api.available(question) });
  }

  confirmProposal(id: string): Promise<void> {
    return this.#commands.run(`confirm ${id}`, async () => {
      try {
        await this.#api.confirmProposal(id);
        this.#stale.allVeks = true;
      } finally {
        this.#stale.proposals = true;
      }
    });
  }

  dismissProposal(id: string, reason: string): Promise<void> {
    return this.#commands.run(`dismiss ${id}`, async () => {
      try {
        await this.#api.dismissProposal(id, reason);
      } finally {
        this.#stale.proposals = true;
      }
    });
  }

  setLanguage(language: State['language']): void {
    keepLanguage(language);
    this.store.set({ language });
  }

  setTheme(theme: State['theme']): void {
    keepTheme(theme);
    this.store.set({ theme });
  }

  toggleShelters(): void {
    this.store.set({ showShelters: !this.store.get().showShelters });
  }

  /** Moves the map to a unit, wherever it is; false when nobody knows. */
  async locate(unitId: string): Promise<boolean> {
    const { units } = this.store.get();
    const picture = this.client?.picture;
    const slot = picture?.slotOf(units.get(unitId)?.handle ?? -1);
    if (picture !== undefined && slot !== undefined) {
      this.flyTo({ lon: picture.position[slot * 2]!, lat: picture.position[slot * 2 + 1]! });
      return true;
    }
    const found = (await this.#api.live()).find(({ id }) => id === unitId);
    if (found !== undefined) this.flyTo(found);
    return found !== undefined;
  }

  /** Where a unit is and where it heads, as the picture has it or, outside of the view, as the server says. */
  async #whereIs(unitId: string): Promise<{ lon: number; lat: number; headingDeg: number | undefined } | undefined> {
    const picture = this.client?.picture;
    const slot = picture?.slotOf(this.store.get().units.get(unitId)?.handle ?? -1);
    if (picture === undefined || slot === undefined) {
      const found = (await this.#api.live()).find(({ id }) => id === unitId);
      return found === undefined ? undefined : { lon: found.lon, lat: found.lat, headingDeg: undefined };
    }
    const heading = picture.headingDeg[slot]!;
    const moves = (picture.flags[slot]! & UNIT_FLAG.moving) !== 0 && !Number.isNaN(heading);
    const [lon, lat] = [picture.position[slot * 2]!, picture.position[slot * 2 + 1]!];
    return { lon, lat, headingDeg: moves ? heading : undefined };
  }

  /** Draws a unit's way to an incident. A second call for the same takes it away. */
  async toggleRoute(unitId: string, vekId: string): Promise<void> {
    const shown = this.store.get().route;
    if (shown?.unitId === unitId && shown.vekId === vekId) return this.store.set({ route: undefined });
    const none = { from: undefined, to: undefined, answer: undefined, problem: undefined };
    const route: DrawnRoute = { unitId, vekId, askedAt: Date.now(), ...none };
    this.store.set({ route });
    const put = (change: Partial<DrawnRoute>) => {
      if (this.store.get().route === route) this.store.set({ route: { ...route, ...change } });
    };
    try {
      const { units, veks } = this.store.get();
      const vek = veks.get(vekId);
      const from = await this.#whereIs(unitId);
      if (from === undefined || vek === undefined || vek.lon === null || vek.lat === null)
        return put({ problem: 'no_position' });
      const profile = this.#profileOf(units.get(unitId)?.agencyId);
      const to = { lon: vek.lon, lat: vek.lat };
      put({ from, to, answer: await this.#api.route(from, to, from.headingDeg, profile) });
    } catch (error) {
      put({ problem: error instanceof ApiProblem ? error.code : 'other' });
    }
  }

  clearRoute(): void {
    this.store.set({ route: undefined });
  }

  /** Which of the network's vehicles an agency drives to an incident; undefined leaves the choice to the tracker. */
  #profileOf(agencyId: string | undefined): string | undefined {
    const { network, session } = this.store.get();
    const kind = session?.agencies.get(agencyId ?? '')?.kind;
    const vehicle = kind === 'fire_rescue' ? 'heavy' : kind === 'ambulance' ? 'ambulance' : 'car';
    const has = (code: string) => network?.profiles.find((profile) => profile.code === code)?.code;
    return has(`${vehicle}-emergency`) ?? has(vehicle);
  }

  /** Draws from where an incident is reached in time. A second call takes it away. */
  async toggleReach(vek: Vek): Promise<void> {
    if (this.store.get().reach?.vekId === vek.id) return this.store.set({ reach: undefined });
    const profile = this.#profileOf(this.store.get().session?.me.agencyId);
    const reach: DrawnReach = { vekId: vek.id, profile, answer: undefined, problem: undefined };
    this.store.set({ reach });
    const put = (change: Partial<DrawnReach>) => {
      if (this.store.get().reach === reach) this.store.set({ reach: { ...reach, ...change } });
    };
    try {
      put({ answer: await this.#api.isochrone({ lon: vek.lon!, lat: vek.lat! }, REACH_MINUTES, profile) });
    } catch (error) {
      put({ problem: error instanceof ApiProblem ? error.code : 'other' });
    }
  }

  closeRoad(draft: Omit<NewClosure, 'id'>): Promise<void> {
    return this.#commands.run(`close road ${JSON.stringify(draft)}`, async (id) => {
      await this.#api.createClosure({ id, ...draft });
      this.#stale.closures = true;
      this.store.set({ draftPlace: undefined });
    });
  }

  openRoad(closureId: string): Promise<void> {
    return this.#commands.run(`open road ${closureId}`, async () => {
      await this.#api.removeClosure(closureId);
      this.#stale.closures = true;
    });
  }

  takeBack(vekId: string, assignmentId: string): Promise<void> {
    return this.#commands.run(`take back ${assignmentId}`, async (key) => {
      await this.#api.cancelAssignment(assignmentId, key);
      this.#stale.veks.add(vekId);
    });
  }

  createVek(draft: Omit<NewVek, 'id' | 'channel'>): Promise<void> {
    return this.#commands.run(`create ${JSON.stringify(draft)}`, async (id) => {
      await this.#api.createVek({ id, channel: 'manual', ...draft });
      this.#putVeks([await this.#api.vek(id)]);
      this.select({ kind: 'vek', id });
    });
  }

  setUnitStatus(unitId: string, status: string, reason: string | undefined): Promise<void> {
    return this.#commands.run(`status ${unitId} ${status} ${reason}`, async (key) => {
      await this.#api.setUnitStatus(unitId, status, reason, key);
      this.#stale.units.add(unitId);
    });
  }

  /** Enters where a unit is. Returns whether it is shown there: not while a device says better. */
  enterPosition(unitId: string, place: Located, note: string | undefined): Promise<boolean> {
    return this.#commands.run(`position ${unitId} ${place.lon} ${place.lat}`, async (key) => {
      const { shown } = await this.#api.enterPosition(unitId, place, note, key);
      return shown;
    });
  }
}

/** Undefined for what is not there, or not for us. */
async function ifThere<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}

export function isEnded(vek: Vek): boolean {
  return ENDED.has(vek.status);
}
