/** To a process that gives commands and reads the feed. Each is answered before the next. */
export type VekOrder =
  | {
      readonly type: 'open';
      readonly url: string;
      /** Of whoever gives the commands, and of whoever reads what they do. */
      readonly token: string;
      readonly readerToken: string;
      readonly units: readonly string[];
      /** Sockets of readers. */
      readonly readers: number;
      readonly types: readonly string[];
    }
  /** As many commands as go through with so many under way at once: every card is taken, changed and ended. */
  | { readonly type: 'rush'; readonly seconds: number; readonly underWay: number }
  /** Commands on a schedule that waits for nothing; the readers time what they are told of them. */
  | {
      readonly type: 'steady';
      readonly seconds: number;
      readonly perSecond: number;
      readonly what: 'cards' | 'statuses';
      /** The readers read of it. */
      readonly isRead: boolean;
      /** The first reader never says that it has handled anything. Of several it is not counted, stuck or not: once free it has to come again. */
      readonly isStuck: boolean;
    }
  | { readonly type: 'record' };

export interface RushResult {
  readonly commands: number;
  readonly seconds: number;
  /** Sent → answered or refused, each time that a command was sent: encoded histogram. */
  readonly exchanged: string;
  /** How often one was refused because the tracker could not take it now. */
  readonly refused: number;
  /** Why the process of the desks, not the tracker, may have set the figures; undefined: it did not. */
  readonly saturated: string | undefined;
}

export interface SteadyResult {
  /** Due → answered, and due → at a reader that keeps up: encoded histograms. */
  readonly answered: string;
  readonly told: string;
  /** Events that readers who keep up were due and told of. */
  readonly expected: number;
  readonly received: number;
  /** As of a rush. */
  readonly saturated: string | undefined;
}

/** What was done, for the check. */
export interface VekRecord {
  readonly veks: readonly string[];
  /** Cards that were ended: each has three events. */
  readonly ended: number;
  /** Answers that the tracker could not take a command now (503): it was given again, and its delay counts. */
  readonly refused: number;
  readonly faults: readonly string[];
}
