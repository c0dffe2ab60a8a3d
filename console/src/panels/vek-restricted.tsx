import { type FormEvent, type ReactNode, useState } from 'react';
import {
  type Caller,
  type CallerFields,
  RESTRICTED_SETS,
  type RestrictedSet,
  type RestrictedText,
  type Vek,
} from '../state/api.js';
import { leaveOnEscape, useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

const CALLER_FIELDS = ['phone', 'name', 'note'] as const;

/**
 * What is kept apart from the card. Nothing of it is read before somebody asks for it, and each reading is written down; who may
 * not read a set sees that there is one.
 */
export function VekRestricted({ vek }: { readonly vek: Vek }) {
  const desk = useDesk();
  const words = useWords();
  const journal = usePart((state) => state.journal);
  const written = new Set(
    (journal?.vekId === vek.id ? journal.history : []).flatMap(({ what, detail }) =>
      what === 'restricted' ? String(detail.set) : [],
    ),
  );
  if (!desk.may('create') && written.size === 0) return null;
  return (
    <section className="restricted">
      <h3>{words.text('restricted.title')}</h3>
      <ul>
        {desk.may('create') && <CallerLine vekId={vek.id} />}
        {RESTRICTED_SETS.map((set) => {
          const isThere = written.has(set) || vek.restricted.includes(set);
          return (
            <SetLine key={set} vekId={vek.id} set={set} isThere={isThere} mayRead={vek.restricted.includes(set)} />
          );
        })}
      </ul>
    </section>
  );
}

function CallerLine({ vekId }: { readonly vekId: string }) {
  const desk = useDesk();
  const words = useWords();
  const { busy, problem, run } = useCommand();
  /** null: nobody knows who called */
  const [caller, setCaller] = useState<Caller | null>();
  const [typed, setTyped] = useState<Partial<CallerFields>>();
  const read = () =>
    run('read', async () => {
      setCaller((await desk.cardLife.caller(vekId)) ?? null);
    });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await run('save', () => desk.cardLife.putCaller(vekId, typed ?? {})))) return;
    setTyped(undefined);
    if (caller !== undefined) await read();
  };
  return (
    <li data-restricted="caller">
      <Line
        name={words.text('restricted.caller')}
        onRead={caller === undefined ? () => void read() : undefined}
        onWrite={typed === undefined ? () => setTyped({}) : undefined}
        isBusy={busy !== undefined}
        problem={problem}
      >
        {caller === null && words.text('restricted.none')}
        {caller !== null && caller !== undefined && <CallerTexts callers={[caller, ...caller.others]} />}
      </Line>
      {typed !== undefined && (
        <form onSubmit={(event) => void save(event)} onKeyDown={leaveOnEscape(() => setTyped(undefined))}>
          {CALLER_FIELDS.map((field, i) => (
            <input
              key={field}
              // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
              autoFocus={i === 0}
              type={field === 'phone' ? 'tel' : 'text'}
              name={`caller-${field}`}
              autoComplete="off"
              aria-label={words.text(`restricted.${field}`)}
              placeholder={words.text(`restricted.${field}`)}
              maxLength={field === 'phone' ? 32 : 200}
              value={typed[field] ?? ''}
              onChange={({ target }) => setTyped({ ...typed, [field]: target.value === '' ? null : target.value })}
            />
          ))}
          <button type="submit" disabled={busy !== undefined || !CALLER_FIELDS.some((field) => typed[field])}>
            {words.text('restricted.save')}
          </button>
        </form>
      )}
    </li>
  );
}

function CallerTexts({ callers }: { readonly callers: readonly CallerFields[] }) {
  return callers.map(({ phone, name, note }) => (
    <span key={`${phone} ${name} ${note}`} className="restricted-text">
      {[phone, name, note].filter((text) => text !== null).join(' · ')}
    </span>
  ));
}

function SetLine({
  vekId,
  set,
  isThere,
  mayRead,
}: {
  readonly vekId: string;
  readonly set: RestrictedSet;
  readonly isThere: boolean;
  readonly mayRead: boolean;
}) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow(5000);
  const agencies = usePart((state) => state.session!.agencies);
  const { busy, problem, run } = useCommand();
  const [texts, setTexts] = useState<readonly RestrictedText[]>();
  const [typed, setTyped] = useState<string>();
  const read = () =>
    run('read', async () => {
      setTexts(await desk.cardLife.restricted(vekId, set));
    });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await run('save', () => desk.cardLife.putRestricted(vekId, set, typed!.trim())))) return;
    setTyped(undefined);
    if (texts !== undefined) await read();
  };
  const write = () => setTyped(texts?.find((text) => text.vekId === vekId)?.text ?? '');
  return (
    <li data-restricted={set} data-there={isThere} data-readable={mayRead}>
      <Line
        name={words.text(`restricted.${set}`)}
        onRead={mayRead && texts === undefined ? () => void read() : undefined}
        onWrite={desk.may('create') && typed === undefined ? write : undefined}
        isBusy={busy !== undefined}
        problem={problem}
      >
        {!isThere && words.text('restricted.none')}
        {isThere && !mayRead && words.text('restricted.notForUs')}
        {texts?.map(({ vekId: on, by, at, agencyId, text }) => (
          <span key={on} className="restricted-text">
            {text}{' '}
            <small>
              {words.timeNear(at, now)} {by} ({agencies.get(agencyId)?.code ?? '?'})
            </small>
          </span>
        ))}
      </Line>
      {typed !== undefined && (
        <form onSubmit={(event) => void save(event)} onKeyDown={leaveOnEscape(() => setTyped(undefined))}>
          {isThere && texts === undefined && <p className="warning">{words.text('restricted.replaces')}</p>}
          <textarea
            // biome-ignore lint/a11y/noAutofocus: it is the answer to the button that was just pressed
            autoFocus
            rows={2}
            maxLength={4000}
            aria-label={words.text(`restricted.${set}`)}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <button type="submit" disabled={busy !== undefined || typed.trim() === ''}>
            {words.text('restricted.save')}
          </button>
        </form>
      )}
    </li>
  );
}

/** One set: what is known of it, and what may be done with it. */
function Line({
  name,
  onRead,
  onWrite,
  isBusy,
  problem,
  children,
}: {
  readonly name: string;
  readonly onRead: (() => void) | undefined;
  readonly onWrite: (() => void) | undefined;
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
