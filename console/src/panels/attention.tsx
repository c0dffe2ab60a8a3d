import type { Attention as Item } from '../state/api.js';
import { attentionText, byUrgency, isForDesk } from '../state/attention.js';
import { Detail } from './detail.js';
import { useCommand, useDesk, useNow, usePart, useWords } from './use-desk.js';

/** So many stand above the map; the rest is counted. */
const MOST_IN_BAR = 2;

/** What this desk should see to, the worst first. */
export function AttentionBar() {
  const desk = useDesk();
  const words = useWords();
  const attention = usePart((state) => state.attention);
  const subject = usePart((state) => state.session?.me.subject);
  const isOpen = usePart((state) => state.selection.kind === 'attention');
  const mine = attention.filter((item) => isForDesk(item, subject)).sort(byUrgency);
  if (mine.length === 0 || isOpen) return null;
  return (
    <section className="attention-bar" aria-label={words.text('attention.title')}>
      <ul>
        {mine.slice(0, MOST_IN_BAR).map((item) => (
          <li key={item.id} data-attention={item.kind} className={item.kind}>
            <AttentionLine item={item} />
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => desk.select({ kind: 'attention' })}>
        {words.text('attention.all', { n: words.number(mine.length) })} <kbd>e</kbd>
      </button>
    </section>
  );
}

/** What waits on one incident: a crew to be asked how it is, an offer without an answer. */
export function VekAttention({ vekId }: { readonly vekId: string }) {
  const words = useWords();
  const attention = usePart((state) => state.attention);
  const here = attention.filter((item) => item.vekId === vekId).sort(byUrgency);
  if (here.length === 0) return null;
  return <AttentionList items={here} label={words.text('attention.title')} />;
}

function AttentionList({ items, label }: { readonly items: readonly Item[]; readonly label?: string }) {
  return (
    <ul className="attention" aria-label={label}>
      {items.map((item) => (
        <li key={item.id} data-attention={item.kind} className={item.quiet ? 'quiet' : item.kind}>
          <AttentionLine item={item} />
        </li>
      ))}
    </ul>
  );
}

/** All that waits for a person of the agency, also what others are told first and what was acknowledged. */
export function Attention() {
  const words = useWords();
  const attention = usePart((state) => state.attention);
  const subject = usePart((state) => state.session?.me.subject);
  const mine = attention.filter((item) => isForDesk(item, subject)).sort(byUrgency);
  const others = attention.filter((item) => !isForDesk(item, subject)).sort(byUrgency);
  return (
    <Detail title={words.text('attention.title')}>
      {attention.length === 0 && <p className="empty">{words.text('attention.none')}</p>}
      <AttentionList items={mine} />
      {others.length > 0 && <h3>{words.text('attention.others')}</h3>}
      <AttentionList items={others} />
    </Detail>
  );
}

function AttentionLine({ item }: { readonly item: Item }) {
  const desk = useDesk();
  const words = useWords();
  const now = useNow();
  const veks = usePart((state) => state.veks);
  const units = usePart((state) => state.units);
  const { busy, problem, run } = useCommand();
  const { id, kind, vekId, unitId, since, level, repeats, acknowledged, quiet } = item;
  const show = () => {
    if (vekId !== null) desk.select({ kind: 'vek', id: vekId });
    else if (unitId !== null) desk.select({ kind: 'unit', id: unitId });
  };
  return (
    <>
      <b aria-hidden="true">{kind === 'vek_without_unit' ? '‼' : '!'}</b>
      <button type="button" className="link" onClick={show}>
        {attentionText(item, words, veks, units)}
      </button>
      <small>
        {words.age(now - since)} · {words.label('attentionLevel', level)}
        {repeats > 0 && ` · ${words.text('attention.repeated', { n: repeats })}`}
        {acknowledged !== null && ` · ${words.text('attention.seenBy', { by: acknowledged.by })}`}
      </small>
      {!quiet && (
        <button
          type="button"
          className="seen"
          disabled={busy !== undefined}
          onClick={() => void run('see', () => desk.acknowledgeAttention(id))}
        >
          {words.text(kind === 'safety_check' ? 'attention.crewWell' : 'attention.see')}
        </button>
      )}
      {problem !== undefined && <span className="problem">{problem}</span>}
    </>
  );
}
