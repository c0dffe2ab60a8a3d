import type { Changes } from '../feed/record.js';
import type { Intake } from '../ingest/crew-session.js';
import type { Database } from '../store/database.js';
import type { Directory } from '../units/directory.js';
import { AdapterIntake } from './adapter-intake.js';
import { Identities } from './identities.js';
import { Joining } from './joining.js';

/** The way in for clients that speak other people's protocols: who they are, what becomes of what they send, how they join. */
export class Adapters {
  readonly identities: Identities;
  readonly intake: AdapterIntake;
  readonly joining: Joining;

  constructor(
    database: Database,
    changes: Changes,
    directory: Directory,
    intake: Intake,
    onError: (text: string, error: unknown) => void,
  ) {
    this.identities = new Identities(database, directory, onError);
    this.intake = new AdapterIntake(database, intake);
    this.joining = new Joining(changes, directory);
  }

  /** Reads who is known by which name. */
  load(): Promise<void> {
    return this.identities.reload(null);
  }
}
