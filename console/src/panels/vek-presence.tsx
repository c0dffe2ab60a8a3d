import { usePart, useWords } from './use-desk.js';

/** Who else looks at the incident, or edits it, at this moment. */
export function VekPresence({ vekId }: { readonly vekId: string }) {
  const words = useWords();
  const present = usePart((state) => state.present.get(vekId));
  const session = usePart((state) => state.session)!;
  const others = (present ?? []).filter(({ subject }) => subject !== session.me.subject);
  if (others.length === 0) return null;
  return (
    <ul className="chips present" aria-label={words.text('presence.title')}>
      {others.map(({ subject, name, agencyId, mode }) => (
        <li key={subject} data-present={mode} className={mode}>
          <span aria-hidden="true">{mode === 'editing' ? '✎' : '◉'}</span> {name} (
          {session.agencies.get(agencyId)?.code ?? '?'}) {words.text(`presence.${mode}`)}
        </li>
      ))}
    </ul>
  );
}
