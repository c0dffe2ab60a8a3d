export interface ConsoleView {
  readonly level: 'nation' | 'region' | 'city';
  readonly box: readonly [west: number, south: number, east: number, north: number];
}

/** To a console worker. */
export type ConsoleOrder =
  | {
      readonly type: 'open';
      readonly url: string;
      readonly token: string;
      readonly views: readonly ConsoleView[];
      readonly handles: Uint32Array;
      readonly naive: boolean;
    }
  /** Fixes made between the two instants (epoch ms) are timed, whenever they are shown. */
  | { readonly type: 'measure'; readonly fromAt: number; readonly toAt: number }
  | { readonly type: 'results' }
  | { readonly type: 'compare'; readonly expected: ExpectedPicture }
  | { readonly type: 'close' };

/** Where every unit is at the end, in the order of the handles. */
export interface ExpectedPicture {
  readonly lonE7: Int32Array;
  readonly latE7: Int32Array;
  readonly fixTime: Float64Array;
  /** H3 index of each unit's cell at each level, halves laid one after another: [low, high, low, high, …]. */
  readonly cells: Readonly<Record<ConsoleView['level'], Uint32Array>>;
}

export interface ConsoleResults {
  /** From the instant a fix was due until a console had it, by level. */
  readonly latency: Readonly<Record<string, string>>;
  readonly messages: number;
  readonly bytes: number;
  readonly records: number;
  readonly resyncs: number;
  readonly dropped: number;
  /** Share of the time that the worker's loop was busy. */
  readonly busy: number;
}

/** From a console worker. */
export type ConsoleAnswer =
  | { readonly type: 'opened'; readonly failed: readonly string[]; readonly cells: number }
  | { readonly type: 'measuring' }
  | { readonly type: 'results'; readonly results: ConsoleResults }
  | { readonly type: 'compared'; readonly faults: readonly string[]; readonly consoles: number; readonly units: number }
  | { readonly type: 'closed' };
