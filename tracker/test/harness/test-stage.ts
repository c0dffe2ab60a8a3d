import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { createHome, startTestTracker, type TestHome, type TestTracker } from './test-tracker.js';

/** Agencies that suites are about, by their codes. */
const KINDS = {
  VUGD: 'fire_rescue',
  NMPD: 'ambulance',
  VP: 'state_police',
  RPP: 'municipal_police',
} as const;
export type StageAgency = keyof typeof KINDS;

/** What most suites stand on: a tracker in this process, on a database of its own, with the agencies that it is about. */
export interface TestStage {
  readonly home: TestHome;
  readonly hub: TestTracker;
  /** Token of the platform operator's administrator. */
  readonly admin: string;
  /** Of the agencies. */
  readonly ids: Readonly<Record<string, string>>;
}

export async function setStage(
  agencies: readonly StageAgency[],
  env: Readonly<Record<string, string>> = {},
): Promise<TestStage> {
  const home = await createHome();
  const hub = await startTestTracker(home, env);
  const admin = await hub.api.admin();
  const ids: Record<string, string> = {};
  for (const code of agencies) {
    ids[code] = uuidv7();
    const agency = { id: ids[code], code, kind: KINDS[code], nameLv: code, nameEn: code };
    await hub.api.ok('POST', '/api/v1/agencies', agency, admin);
  }
  return { home, hub, admin, ids };
}

/** Ends it; nothing may have gone wrong in the tracker meanwhile. */
export async function clearStage({ home, hub }: Pick<TestStage, 'home' | 'hub'>): Promise<void> {
  await hub.stop();
  await home.remove();
  expect(hub.errors).toEqual([]);
}
