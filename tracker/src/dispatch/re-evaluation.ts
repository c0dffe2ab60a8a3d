import { setTimeout as sleep } from 'node:timers/promises';
import { type Proposal, proposalKey } from '../../../geo-engine/src/index.js';
import type { Changes } from '../feed/record.js';
import { KickedTask } from '../kicked-task.js';
import type { Access } from '../rights/access.js';
import { isAway } from '../store/errors.js';
import { Lease } from '../store/leases.js';
import type { OpenVekAsked } from './engine/orders.js';
import { DispatchRefusal } from './errors.js';
import { type Asker, type Incident, lookUpIncident, questionOf, travelZone } from './incident.js';
import type { VekState } from './open-veks.js';
import type { Policies } from './policies.js';
import {
  changeProposal,
  dismissedLately,
  divertedVeks,
  makeProposal,
  openProposals,
  type StoredProposal,
  withdrawProposal,
} from './proposals.js';
import type { Recommender, RecommenderParts } from './recommender.js';

/** Even when nothing is said to have changed, units have driven on. */
const POLL_MS = 15_000;
const LEAST_REST_MS = 1000;
/** Of one core a tenth. */
const REST_PER_WORK = 9;
const LEASE_MS = 60_000;
/** The most urgent ones; a night with more is commanded from above. */
const MAX_INCIDENTS = 300;
/** A desk that has a new VEK before it needs no proposal to send somebody. */
const NEW_VEK_MS = 60_000;
/** What was dismissed is not proposed again for half an hour. */
const DISMISSED_S = 1800;
/** A proposal is told again when its gain has changed by this much. */
const TOLD_AGAIN_MS = 60_000;
/** A second after the norm counts this many before it, by priority. */
const LATE_FACTOR = { P1: 4, P2: 2, P3: 1, P4: 0 } as const;
/** What a line that nobody serves counts: longer than any drive in the country. */
const UNSERVED_MS = 7_200_000;

export interface ReEvaluationParts extends RecommenderParts {
  readonly changes: Changes;
  readonly access: Access;
  readonly policies: Policies;
}

/**
 * Looks at all open VEKs again whenever a unit became free, a status changed, a VEK came or moved, and proposes what would be better. One
 * node does it, with the platform operator's settings for gains. It changes nothing but the list of proposals.
 */
export class ReEvaluation {
  readonly #parts: ReEvaluationParts;
  readonly #recommender: Recommender;
  readonly #lease: Lease;
  readonly #onError: (text: string, error: unknown) => void;
  readonly #stopping = new AbortController();
  readonly #task = new KickedTask(() => this.#runAndRest(), POLL_MS);

  constructor(
    parts: ReEvaluationParts,
    recommender: Recommender,
    holder: string,
    onError: (text: string, error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#recommender = recommender;
    this.#lease = new Lease('re-evaluation', holder, LEASE_MS);
    this.#onError = onError;
    parts.roster.onChange(() => this.#task.kick());
    parts.veks.onChange(() => this.#task.kick());
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#task.stop();
    await this.#lease.leave(this.#parts.database).catch(() => {}); // else it runs out
  }

  async #runAndRest(): Promise<void> {
    const startedAt = performance.now();
    try {
      if ((await this.#lease.take(this.#parts.database)) !== undefined) await this.run(Date.now());
    } catch (error) {
      if (!isAway(error)) this.#onError('open VEKs could not be evaluated again; it is tried again', error);
    }
    const restMs = Math.max(LEAST_REST_MS, (performance.now() - startedAt) * REST_PER_WORK);
    await sleep(restMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** Looks at everything once, and brings the list of proposals up to date. */
  async run(now: number): Promise<void> {
    const { database, policies, directory, engine } = this.#parts;
    const standing = await openProposals(database, null);
    const veks = await this.#openVeks(now);
    const { proposeGainS, keepGainS, preemptGainS, mostAddedS, preemption, nodeLimit } = policies.of(
      directory.operator.id,
    );
    const settings = {
      proposeGainMs: proposeGainS * 1000,
      keepGainMs: keepGainS * 1000,
      preemptGainMs: preemptGainS * 1000,
      mostAddedMs: mostAddedS * 1000,
      allowed: preemption,
      lateFactor: LATE_FACTOR,
      unservedMs: UNSERVED_MS,
      nodeLimit,
    };
    const shown = standing.map(({ key }) => key);
    const proposals =
      veks.length === 0
        ? []
        : await engine.ask<'re_evaluate'>({ kind: 're_evaluate', asked: { veks, shown, settings } });
    await this.#bringUpToDate(standing, proposals, now);
  }

  async #openVeks(now: number): Promise<OpenVekAsked[]> {
    const { veks, database } = this.#parts;
    const urgentFirst = [...veks.values()]
      .filter(({ place, priority }) => place !== null && priority !== null)
      .sort((a, b) => (a.priority! < b.priority! ? -1 : a.priority! > b.priority! ? 1 : b.receivedAt - a.receivedAt))
      .slice(0, MAX_INCIDENTS);
    const diverted = await divertedVeks(
      database,
      urgentFirst.map(({ id }) => id),
    );
    return urgentFirst
      .flatMap((vek) => this.#askedOf(vek, urgentFirst, diverted.has(vek.id), now) ?? [])
      .sort(byUrgency);
  }

  #askedOf(vek: VekState, open: readonly VekState[], wasDiverted: boolean, now: number): OpenVekAsked | undefined {
    const incident = this.#lookUp(vek.id, now);
    if (incident === undefined) return undefined;
    const { places, corrections } = this.#parts;
    const recommender = this.#recommender;
    const asker = this.#ownerOf(vek, now);
    const others = open.filter((other) => other !== vek && asker.policy.preemption[other.priority!][incident.priority]);
    return {
      vekId: vek.id,
      question: questionOf(incident, asker, [], places, now),
      visible: [...asker.visible],
      correction: corrections.of(travelZone(incident.facts), now),
      work: recommender.handlesOf(vek.work),
      elsewhere: others.flatMap((other) => recommender.handlesOf(other.work)),
      wasDiverted,
    };
  }

  #lookUp(vekId: string, now: number): Incident | undefined {
    try {
      return lookUpIncident({ vekId, level: null, requirements: null }, this.#parts, now);
    } catch (error) {
      if (error instanceof DispatchRefusal) return undefined; // no card yet: nothing is wanted that could be short
      throw error;
    }
  }

  /** As whoever owns the VEK would ask, with the units of all who have a part in it. */
  #ownerOf({ agencyId, parties }: VekState, now: number): Asker {
    const { access, directory, policies } = this.#parts;
    const agency = directory.agenciesById.get(agencyId)!;
    const visible = new Set([...access.agencies({ agency }, 'see', now), ...parties]);
    return { visible, asked: visible, skipped: {}, preempt: true, policy: policies.of(agencyId) };
  }

  async #bringUpToDate(
    standing: readonly StoredProposal[],
    proposals: readonly Proposal[],
    now: number,
  ): Promise<void> {
    const { database, changes, veks } = this.#parts;
    const wanted = new Map(proposals.map((proposal) => [proposalKey(proposal), proposal]));
    for (const proposal of standing) {
      const body = wanted.get(proposal.key);
      if (body === undefined)
        await changes.change([proposal.id], (tx, records) => withdrawProposal(tx, records, proposal, now));
      else if (isToldAgain(proposal.body, body))
        await changes.change([proposal.id], (tx, records) => changeProposal(tx, records, proposal, body, now));
      wanted.delete(proposal.key);
    }
    const dismissed = wanted.size === 0 ? new Set<string>() : await dismissedLately(database, DISMISSED_S);
    for (const [key, body] of wanted) {
      const vek = veks.get(body.vekId);
      if (vek === undefined || dismissed.has(key)) continue;
      if (body.kind === 'send' && vek.work.length === 0 && now - vek.receivedAt < NEW_VEK_MS) continue;
      await changes.change([vek.id], (tx, records) => makeProposal(tx, records, vek.agencyId, body, now));
    }
  }
}

/** As reEvaluate serves them. */
function byUrgency(a: OpenVekAsked, b: OpenVekAsked): number {
  const [one, other] = [a.question.priority, b.question.priority];
  return one < other ? -1 : one > other ? 1 : a.vekId < b.vekId ? -1 : 1;
}

function isToldAgain(before: Proposal, after: Proposal): boolean {
  if (before.kind === 'send' && after.kind === 'send')
    return before.shortBefore !== after.shortBefore || before.shortAfter !== after.shortAfter;
  return before.kind !== 'send' && after.kind !== 'send' && Math.abs(before.gainMs - after.gainMs) >= TOLD_AGAIN_MS;
}
