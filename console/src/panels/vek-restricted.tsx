import { type FormEvent, useState } from 'react';
import { RESTRICTED_SETS, type RestrictedSet, type RestrictedText, type Vek } from '../state/api.js';
import { RestrictedLine } from './restricted-line.js';
import { leaveOnEscape, useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';
import { VekCaller } from './vek-caller.js';

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
        {desk.may('create') && <VekCaller vekId={vek.id} />}
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
      <RestrictedLine
        name={words.text(`restricted.${set}`)}
        onRead={mayRead && texts === undefined ? () => void read() : undefined}
        onWrite={desk.may('create') && typed === undefined ? write : undefined}
        writeTitle={undefined}
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
      </RestrictedLine>
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
