/** Codes of this folder: questions that are too large to be answered at once. */
export type HistoryRefusalCode = 'window_too_long' | 'radius_too_large' | 'area_malformed' | 'too_much_history';

export class HistoryRefusal extends Error {
  readonly code: HistoryRefusalCode;
  /** The bound that was passed, in the unit that the detail names. */
  readonly limit: number;

  constructor(code: HistoryRefusalCode, limit: number, detail: string) {
    super(detail);
    this.code = code;
    this.limit = limit;
  }
}
