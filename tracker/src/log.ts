/** What the process tells the person who started it. No personal data and no tokens go here. */
export interface Log {
  /** One line on how it goes. */
  info(text: string): void;
  /** Something that must not be overlooked. */
  warn(text: string): void;
  error(text: string, error: unknown): void;
}

const stamp = () => new Date().toISOString();

export const consoleLog: Log = {
  info: (text) => console.log(`${stamp()} ${text}`),
  warn: (text) => console.warn(`${stamp()} WARNING ${text}`),
  error: (text, error) =>
    console.error(
      `${stamp()} ERROR ${text}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ),
};
