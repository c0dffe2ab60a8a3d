import { embeddedSocketDir } from '../../src/store/embedded/embedded-database.js';
import type { TestHome } from './test-tracker.js';

/** The database of a test's tracker as a module is told of it: there it has its own schema. */
export function moduleDatabaseUrl({ env }: TestHome): string {
  return env.DATABASE_URL ?? `postgresql:///postgres?user=postgres&host=${embeddedSocketDir(env.DATA_DIR!)}`;
}
