/**
 * Who may do what: one row an operation, and what no row allows is denied. The HTTP API, the sockets and the tests all read this table.
 */
export const ROLES = ['call_taker', 'dispatcher', 'commander', 'registrar', 'integrator', 'admin', 'crew'] as const;
export type Role = (typeof ROLES)[number];

/**
 * Which agencies' things the operation reaches, besides the role:
 * - `public`: no token asked for
 * - `any`: nothing of an agency is touched
 * - `own`: the caller's own agency
 * - `see`, `assist`, `command`: the own agency, and those that have granted the caller's at least this tier
 * - `registry`: the own agency; for the platform operator, every agency
 * - `party`: VEKs that the caller's agency owns or has a part in
 * - `operator`: the platform operator's agency alone
 */
export type Scope = 'public' | 'any' | 'own' | 'see' | 'assist' | 'command' | 'registry' | 'party' | 'operator';

export interface Rule {
  readonly roles: readonly Role[];
  readonly scope: Scope;
  /** Set where personal data are read, which the audit log tells: the purpose it holds unless the caller names another. */
  readonly personal?: string;
}

const EVERYONE = ROLES.filter((role) => role !== 'crew');
const DESK: readonly Role[] = ['call_taker', 'dispatcher', 'commander'];

export const MATRIX = {
  getHealth: { roles: [], scope: 'public' },
  getReadiness: { roles: [], scope: 'public' },
  getMetrics: { roles: [], scope: 'public' },
  getOpenApi: { roles: [], scope: 'public' },
  getAsyncApi: { roles: [], scope: 'public' },
  getDemoUsers: { roles: [], scope: 'public' },
  createDemoToken: { roles: [], scope: 'public' },
  getDemoKeys: { roles: [], scope: 'public' },
  getShelters: { roles: [], scope: 'public' },
  getMapTile: { roles: [], scope: 'public' },
  getRoadTile: { roles: [], scope: 'public' },

  /** A device's own token is asked for instead of a person's (api/routes/ingest.ts). */
  ingestOsmandQuery: { roles: [], scope: 'public' },
  ingestOsmand: { roles: [], scope: 'public' },
  ingestGpsloggerQuery: { roles: [], scope: 'public' },
  ingestGpslogger: { roles: [], scope: 'public' },
  ingestOwntracks: { roles: [], scope: 'public' },
  ingestOverland: { roles: [], scope: 'public' },
  /** The code is the right. */
  joinUnit: { roles: [], scope: 'public' },

  getMe: { roles: ROLES, scope: 'any' },
  getAgencies: { roles: EVERYONE, scope: 'any' },
  createAgency: { roles: ['admin'], scope: 'operator' },
  getGrants: { roles: ['admin', 'commander'], scope: 'registry' },
  createGrant: { roles: ['admin'], scope: 'registry' },
  revokeGrant: { roles: ['admin'], scope: 'registry' },

  getStations: { roles: EVERYONE, scope: 'see' },
  createStation: { roles: ['admin'], scope: 'registry' },
  createVehicle: { roles: ['admin'], scope: 'registry' },
  getUnits: { roles: EVERYONE, scope: 'see' },
  getUnit: { roles: EVERYONE, scope: 'see' },
  createUnit: { roles: ['admin'], scope: 'registry' },
  setUnitStatus: { roles: ['dispatcher', 'commander'], scope: 'command' },
  createCrewShift: { roles: ['admin', 'commander'], scope: 'registry' },
  getDevices: { roles: ['admin'], scope: 'registry' },
  createDevice: { roles: ['admin'], scope: 'registry' },
  bindDevice: { roles: ['admin'], scope: 'registry' },
  revokeDevice: { roles: ['admin'], scope: 'registry' },
  rotateDeviceToken: { roles: ['admin'], scope: 'registry' },
  importRows: { roles: ['admin'], scope: 'registry' },
  addDeviceAlias: { roles: ['admin'], scope: 'registry' },
  removeDeviceAlias: { roles: ['admin'], scope: 'registry' },
  getDeviceReport: { roles: ['admin', 'commander'], scope: 'registry' },
  createJoinCode: { roles: ['admin', 'commander'], scope: 'registry' },
  ingestGeoPositions: { roles: ['integrator'], scope: 'own' },

  getAlarms: { roles: [...DESK, 'integrator'], scope: 'see' },
  acknowledgeAlarm: { roles: ['dispatcher', 'commander'], scope: 'command' },
  getAttention: { roles: [...DESK, 'integrator'], scope: 'own' },
  acknowledgeAttention: { roles: DESK, scope: 'own' },
  getAttentionPolicy: { roles: ['dispatcher', 'commander', 'admin'], scope: 'registry' },
  setAttentionPolicy: { roles: ['admin', 'commander'], scope: 'registry' },
  getCrewMessages: { roles: DESK, scope: 'command' },
  sendCrewMessage: { roles: DESK, scope: 'command' },
  enterUnitPosition: { roles: ['dispatcher', 'commander'], scope: 'command' },
  setReportInterval: { roles: ['dispatcher', 'commander'], scope: 'command' },

  getLiveUnits: { roles: [...DESK, 'integrator'], scope: 'see' },
  getNearest: { roles: DESK, scope: 'see' },
  getUnitTrack: { roles: ['dispatcher', 'commander', 'integrator'], scope: 'see', personal: 'operations' },
  findUnitsNear: { roles: ['dispatcher', 'commander'], scope: 'see', personal: 'operations' },
  getPastPicture: { roles: ['dispatcher', 'commander', 'integrator'], scope: 'see', personal: 'operations' },
  getTerritories: { roles: EVERYONE, scope: 'any' },

  getNetwork: { roles: EVERYONE, scope: 'any' },
  getRoute: { roles: [...DESK, 'integrator'], scope: 'any' },
  getMatrix: { roles: [...DESK, 'integrator'], scope: 'any' },
  getIsochrone: { roles: [...DESK, 'integrator'], scope: 'any' },
  /** A closed road is closed to everybody: every desk sees them all, whoever entered it. */
  getClosures: { roles: [...DESK, 'integrator'], scope: 'any' },
  createClosure: { roles: ['dispatcher', 'commander'], scope: 'own' },
  removeClosure: { roles: ['dispatcher', 'commander'], scope: 'command' },

  getVeks: { roles: [...DESK, 'registrar', 'integrator'], scope: 'party', personal: 'call_handling' },
  getVek: { roles: [...DESK, 'registrar', 'integrator'], scope: 'party', personal: 'call_handling' },
  createVek: { roles: ['call_taker', 'dispatcher', 'integrator'], scope: 'own' },
  updateVek: { roles: ['call_taker', 'dispatcher'], scope: 'party' },
  closeVek: { roles: ['dispatcher'], scope: 'party' },
  reopenVek: { roles: ['dispatcher', 'commander'], scope: 'party' },
  findDuplicates: { roles: [...DESK, 'integrator'], scope: 'party' },
  getVekDuplicates: { roles: [...DESK, 'integrator'], scope: 'party' },
  mergeVek: { roles: ['dispatcher', 'commander'], scope: 'party' },
  getVekHistory: { roles: [...DESK, 'registrar', 'integrator'], scope: 'party', personal: 'call_handling' },
  getVekComments: { roles: [...DESK, 'registrar', 'integrator'], scope: 'party', personal: 'call_handling' },
  addVekComment: { roles: [...DESK, 'integrator'], scope: 'party' },
  getVekCaller: { roles: ['call_taker', 'dispatcher'], scope: 'party', personal: 'call_handling' },
  setVekCaller: { roles: ['call_taker', 'dispatcher', 'integrator'], scope: 'party' },
  getVekRestricted: { roles: DESK, scope: 'party', personal: 'call_handling' },
  setVekRestricted: { roles: ['call_taker', 'dispatcher', 'integrator'], scope: 'party' },
  putPresence: { roles: DESK, scope: 'party' },
  endPresence: { roles: DESK, scope: 'party' },
  offerVek: { roles: ['call_taker', 'dispatcher'], scope: 'party' },
  answerVek: { roles: ['dispatcher'], scope: 'own' },
  returnVek: { roles: ['dispatcher'], scope: 'own' },
  holdUnit: { roles: ['dispatcher'], scope: 'command' },
  releaseHold: { roles: ['dispatcher'], scope: 'command' },
  expectFree: { roles: ['dispatcher'], scope: 'command' },
  createAssignment: { roles: ['dispatcher'], scope: 'command' },
  relieveAssignment: { roles: ['dispatcher'], scope: 'command' },
  cancelAssignment: { roles: ['dispatcher'], scope: 'command' },

  recommend: { roles: DESK, scope: 'see' },
  getAvailable: { roles: DESK, scope: 'see' },
  getDecision: { roles: ['dispatcher', 'commander'], scope: 'own' },
  replayDecision: { roles: ['dispatcher', 'commander'], scope: 'own' },
  getProposals: { roles: DESK, scope: 'party' },
  confirmProposal: { roles: ['dispatcher'], scope: 'command' },
  dismissProposal: { roles: ['dispatcher'], scope: 'party' },
  /** A card that holds for a place is for whoever is called there. */
  getRunCards: { roles: EVERYONE, scope: 'any' },
  getRunCardChoice: { roles: EVERYONE, scope: 'any' },
  importRunCards: { roles: ['admin'], scope: 'own' },
  withdrawRunCard: { roles: ['admin'], scope: 'registry' },
  getDispatchPolicy: { roles: ['dispatcher', 'commander', 'admin'], scope: 'registry' },
  setDispatchPolicy: { roles: ['admin', 'commander'], scope: 'registry' },
  setUnitEquipment: { roles: ['admin', 'commander'], scope: 'registry' },

  getFeed: { roles: [...DESK, 'registrar', 'integrator'], scope: 'see' },
  getFeedSnapshot: { roles: [...DESK, 'registrar', 'integrator'], scope: 'see' },
  getFeedConsumers: { roles: ['integrator', 'admin'], scope: 'own' },
  saveFeedCursor: { roles: [...DESK, 'registrar', 'integrator'], scope: 'own' },
  removeFeedConsumer: { roles: ['integrator', 'admin'], scope: 'own' },
  getWebhooks: { roles: ['integrator', 'admin'], scope: 'own' },
  createWebhook: { roles: ['integrator', 'admin'], scope: 'own' },
  resumeWebhook: { roles: ['integrator', 'admin'], scope: 'own' },
  rotateWebhookSecret: { roles: ['integrator', 'admin'], scope: 'own' },
  removeWebhook: { roles: ['integrator', 'admin'], scope: 'own' },
  getAudit: { roles: ['admin'], scope: 'own', personal: 'supervision' },

  /** The socket.io namespaces. */
  openConsole: { roles: DESK, scope: 'see' },
  openFeed: { roles: [...DESK, 'registrar', 'integrator'], scope: 'see' },
} as const satisfies Record<string, Rule>;

export type Operation = keyof typeof MATRIX;

export function ruleOf(operation: Operation): Rule {
  return MATRIX[operation];
}
