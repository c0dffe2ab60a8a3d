import type { Language } from '../i18n/texts.js';

export type Priority = 'P1' | 'P2' | 'P3' | 'P4';
export const PRIORITIES: readonly Priority[] = ['P1', 'P2', 'P3', 'P4'];

/** What the console offers for a type of event. The server takes any code; one that is not here is shown as it is. */
export interface EventType {
  readonly code: string;
  readonly lv: string;
  readonly en: string;
  readonly priority: Priority;
  /** Agency codes that are usually offered the event; municipal and port police depend on the place. */
  readonly services: readonly string[];
  /** What is first asked for where no run card says; '' asks for nothing. */
  readonly capability: string;
  readonly restricted: boolean;
}

const RESTRICTED = new Set(['police.family_violence']);

const type = (
  code: string,
  priority: Priority,
  services: string,
  capability: string,
  lv: string,
  en: string,
): EventType => ({
  code,
  lv,
  en,
  priority,
  services: services.split(' '),
  capability,
  restricted: RESTRICTED.has(code),
});

/** The project's own classifier: no public one of the platform was found. */
export const EVENT_TYPES: readonly EventType[] = [
  type('fire.building', 'P1', 'VUGD VP NMPD', 'extinguish', 'ēkas ugunsgrēks', 'building fire'),
  type(
    'fire.building.high_hazard',
    'P1',
    'VUGD VP NMPD',
    'extinguish',
    'paaugstinātas bīstamības ugunsgrēks',
    'fire of raised hazard',
  ),
  type('fire.chimney', 'P2', 'VUGD', 'extinguish', 'sodrēji dūmvadā', 'soot fire in a chimney'),
  type('fire.vehicle', 'P2', 'VUGD VP', 'extinguish', 'transportlīdzekļa degšana', 'vehicle fire'),
  type('fire.grass', 'P2', 'VUGD', 'extinguish', 'kūlas ugunsgrēks', 'dry-grass fire'),
  type('fire.forest', 'P2', 'VUGD', 'extinguish', 'meža ugunsgrēks', 'forest fire'),
  type('fire.waste', 'P3', 'VUGD', 'extinguish', 'deg atkritumi', 'burning waste'),
  type('fire.alarm', 'P2', 'VUGD', 'extinguish', 'automātiskās signalizācijas nostrāde', 'automatic fire alarm'),
  type(
    'rescue.road_crash',
    'P1',
    'VUGD VP NMPD',
    'extrication',
    'ceļu satiksmes negadījums, iespiestie',
    'road crash, people trapped',
  ),
  type('rescue.water', 'P1', 'VUGD NMPD VP', 'water_rescue', 'cilvēks ūdenī, uz ledus', 'person in water or on ice'),
  type('rescue.height', 'P1', 'VUGD', 'height_rescue', 'glābšana no augstuma', 'rescue from height'),
  type('rescue.tree', 'P3', 'VUGD', 'basic_rescue', 'kritis koks uz ceļa', 'fallen tree on a road'),
  type('rescue.gas', 'P1', 'VUGD GAS', 'basic_rescue', 'gāzes noplūde', 'gas leak'),
  type('rescue.hazmat', 'P1', 'VUGD VP NMPD', 'hazmat', 'bīstamu vielu noplūde', 'leak of a dangerous substance'),
  type('rescue.lost_person', 'P1', 'VP VUGD', 'search', 'apmaldījies cilvēks', 'lost person'),
  type('rescue.animal', 'P4', 'VUGD', 'basic_rescue', 'dzīvnieka glābšana', 'animal rescue'),
  type('rescue.flood', 'P2', 'VUGD', 'basic_rescue', 'plūdi, applūšana', 'flood'),
  type(
    'rescue.assist',
    'P3',
    'VUGD',
    'basic_rescue',
    'palīdzība citam dienestam (durvju atvēršana)',
    'help to another service (opening a door)',
  ),
  type('false_call', 'P4', 'VUGD', '', 'maldinājums', 'false call'),
  type('police.violence_now', 'P1', 'VP', 'patrol', 'notiek vardarbība, kautiņš', 'violence or fight in progress'),
  type('police.family_violence', 'P1', 'VP NMPD', 'patrol', 'ģimenes vardarbība', 'family violence'),
  type('police.crash_no_injury', 'P3', 'VP', 'traffic', 'CSN bez cietušajiem', 'road crash, nobody hurt'),
  type('police.crash_injury', 'P2', 'VP NMPD VUGD', 'traffic', 'CSN ar cietušajiem', 'road crash, people hurt'),
  type('police.crash_blocking', 'P1', 'VP', 'traffic', 'CSN, bloķēta satiksme', 'road crash, traffic blocked'),
  type('police.theft', 'P2', 'VP', 'patrol', 'zādzība', 'theft'),
  type('police.burglary_now', 'P1', 'VP', 'patrol', 'notiek iekļūšana', 'break-in in progress'),
  type('police.public_order', 'P3', 'VP', 'public_order', 'sabiedriskās kārtības pārkāpums', 'breach of public order'),
  type('police.drunk_person', 'P3', 'VP', 'public_order', 'persona reibumā', 'intoxicated person'),
  type('police.noise', 'P3', 'VP', 'public_order', 'trokšņošana', 'noise'),
  type('police.drunk_driver', 'P1', 'VP', 'patrol', 'vadītājs reibumā', 'intoxicated driver'),
  type('police.missing_person', 'P1', 'VP', 'patrol', 'pazudusi persona', 'missing person'),
  type('police.escape', 'P1', 'VP', 'patrol', 'aizturētā bēgšana', 'escape of a detained person'),
  type('police.bomb_threat', 'P1', 'VP VUGD NMPD', 'patrol', 'spridzināšanas draudi', 'bomb threat'),
  type('port.order', 'P3', 'VP', 'port', 'pārkāpums ostas teritorijā', 'breach of order in a port'),
  type('med.critical', 'P1', 'NMPD', 'medical', 'dzīvībai kritisks stāvoklis', 'life-threatening condition'),
  type('med.other', 'P2', 'NMPD', 'medical', 'cits medicīnisks izsaukums', 'other medical call'),
  type('threat.warning', 'P2', 'VUGD', '', 'apdraudējums, brīdināšana', 'threat, public warning'),
];

const byCode = new Map(EVENT_TYPES.map((each) => [each.code, each]));

export function eventType(code: string | null): EventType | undefined {
  return code === null ? undefined : byCode.get(code);
}

/** The type's label, or its code when the console does not know it; undefined when it has none. */
export function eventTypeLabel(code: string | null, language: Language): string | undefined {
  return eventType(code)?.[language] ?? code ?? undefined;
}

/** Services as run cards name them: there are many municipal and port polices, and one of each other. */
export const SERVICE_CODES = ['VUGD', 'VP', 'PP', 'OP', 'NMPD', 'GAS'] as const;
type ServiceCode = (typeof SERVICE_CODES)[number];

interface Service {
  readonly code: ServiceCode;
  /** What its own desk asks for when the event is not mainly its own. */
  readonly capability: string;
}

/** By kind of agency. */
const SERVICES: Readonly<Record<string, Service>> = {
  fire_rescue: { code: 'VUGD', capability: 'extinguish' },
  state_police: { code: 'VP', capability: 'patrol' },
  municipal_police: { code: 'PP', capability: 'public_order' },
  port_police: { code: 'OP', capability: 'port' },
  ambulance: { code: 'NMPD', capability: 'medical' },
  gas: { code: 'GAS', capability: 'gas_shutoff' },
};
const LEAD: Readonly<Record<string, readonly string[]>> = {
  fire: ['fire_rescue'],
  rescue: ['fire_rescue'],
  police: ['state_police', 'municipal_police'],
  port: ['port_police', 'state_police'],
  med: ['ambulance'],
};
/** What a type asks for that the console does not know. */
const ANY_HELP = 'basic_rescue';

/** Undefined for an agency that is no service, e.g. a contact centre. */
export function serviceCodeOf(agencyKind: string): ServiceCode | undefined {
  return SERVICES[agencyKind]?.code;
}

/** The capability that a desk of this kind of agency first asks for where no run card says. */
export function usualCapability(code: string | null, agencyKind: string): string {
  const own = SERVICES[agencyKind]?.capability;
  const known = eventType(code);
  // a contact centre has no units of its own: it asks for what the event needs
  const isOwn = known !== undefined && (own === undefined || LEAD[known.code.split('.')[0]!]?.includes(agencyKind));
  return (isOwn ? known.capability : own) || ANY_HELP;
}
