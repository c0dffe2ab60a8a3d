import type { ReactNode } from 'react';
import { useWords } from './use-desk.js';

/** One set: what is known of it, and what may be done with it. */
export function RestrictedLine({
  name,
  onRead,
  onWrite,
  writeTitle,
  isBusy,
  problem,
  children,
}: {
  readonly name: string;
  readonly onRead: (() => void) | undefined;
  readonly onWrite: (() => void) | undefined;
  /** What one should know before writing. */
  readonly writeTitle: string | undefined;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly children: ReactNode;
}) {
  const words = useWords();
  return (
    <>
      <div className="restricted-line">
        <b>{name}</b>
        <div aria-live="polite">{children}</div>
        {onRead !== undefined && (
          <button
            type="button"
            className="quiet compact"
            data-read=""
            aria-label={`${words.text('restricted.read')}: ${name}`}
            title={words.text('restricted.audited')}
            disabled={isBusy}
            onClick={onRead}
          >
            {words.text('restricted.read')}
          </button>
        )}
        {onWrite !== undefined && (
          <button
            type="button"
            className="quiet compact"
            data-write=""
            aria-label={`${words.text('restricted.write')}: ${name}`}
            title={writeTitle}
            disabled={isBusy}
            onClick={onWrite}
          >
            {words.text('restricted.write')}
          </button>
        )}
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
