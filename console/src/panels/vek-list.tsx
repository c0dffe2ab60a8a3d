import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { folded, type Words } from '../i18n/words.js';
import { css, NO_PRIORITY_COLOUR, PRIORITY_COLOUR } from '../layers/palette.js';
import type { Vek } from '../state/api.js';
import { isEnded } from '../state/desk.js';
import { eventType, eventTypeLabel } from '../state/event-types.js';
import { useDesk, useNow, usePart, useWords } from './use-desk.js';

const SHOWN = 200;

/** The most urgent first; among equals what nobody has been sent to, then the oldest. */
function byUrgency(a: Vek, b: Vek): number {
  return (
    (a.priority ?? 'P9').localeCompare(b.priority ?? 'P9') ||
    Number(a.status !== 'new') - Number(b.status !== 'new') ||
    a.receivedAt - b.receivedAt
  );
}

function matches(vek: Vek, parts: readonly string[], words: Words): boolean {
  const text = folded(
    `${vek.number} ${vek.priority ?? ''} ${eventTypeLabel(vek.typeCode, words.language) ?? ''} ${vek.address ?? ''} ${vek.summary ?? ''}`,
  );
  return parts.every((part) => text.includes(part));
}

export function VekList() {
  const desk = useDesk();
  const words = useWords();
  const veks = usePart((state) => state.veks);
  const loaded = usePart((state) => state.veksLoaded);
  const selection = usePart((state) => state.selection);
  const [text, setText] = useState('');
  const [cursor, setCursor] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const open = useMemo(() => [...veks.values()].filter((vek) => !isEnded(vek)).sort(byUrgency), [veks]);
  const shown = useMemo(() => {
    const parts = folded(text).split(/\s+/).filter(Boolean);
    return (parts.length === 0 ? open : open.filter((vek) => matches(vek, parts, words))).slice(0, SHOWN);
  }, [open, text, words]);
  const at = Math.max(
    0,
    shown.findIndex(({ id }) => id === cursor),
  );
  const current = shown[at];

  useEffect(() => {
    if (selection.kind === 'vek') setCursor(selection.id);
  }, [selection]);
  useEffect(() => {
    if (current !== undefined) document.getElementById(`vek-${current.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  const show = (vek: Vek) => {
    desk.select({ kind: 'vek', id: vek.id });
    if (vek.lon !== null && vek.lat !== null) desk.flyTo({ lon: vek.lon, lat: vek.lat });
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -shown.length, End: shown.length }[event.key];
    if (step !== undefined) setCursor(shown[Math.min(Math.max(at + step, 0), shown.length - 1)]?.id);
    else if (event.key === 'Enter' && current !== undefined) show(current);
    else if (event.key === ' ' && current !== undefined) desk.toggleMark(current.id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="panel veks" aria-labelledby="veks-title">
      <div className="panel-head">
        <h2 id="veks-title">
          {words.text('veks.title')} <span className="count">{words.number(open.length)}</span>
        </h2>
        {desk.may('create') && (
          <button type="button" className="primary" onClick={() => desk.select({ kind: 'new_vek' })}>
            + {words.text('veks.new')}
          </button>
        )}
      </div>
      <input
        id="vek-search"
        type="search"
        aria-label={words.text('veks.search')}
        placeholder={`${words.text('veks.search')}  (/)`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'ArrowDown') list.current?.focus();
          else if (event.key === 'Escape') setText('');
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <div
        id="vek-list"
        ref={list}
        role="listbox"
        tabIndex={0}
        aria-labelledby="veks-title"
        aria-activedescendant={current === undefined ? undefined : `vek-${current.id}`}
        onKeyDown={onKey}
      >
        {shown.length === 0 && (
          <p className="empty">
            {words.text(!loaded ? 'veks.loading' : open.length === 0 ? 'veks.none' : 'veks.noneFound')}
          </p>
        )}
        {shown.map((vek) => (
          <VekRow
            key={vek.id}
            vek={vek}
            isCurrent={vek.id === current?.id}
            isOpen={selection.kind === 'vek' && selection.id === vek.id}
            onOpen={() => {
              setCursor(vek.id);
              show(vek);
            }}
          />
        ))}
      </div>
    </section>
  );
}

function VekRow({
  vek,
  isCurrent,
  isOpen,
  onOpen,
}: {
  readonly vek: Vek;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly onOpen: () => void;
}) {
  const words = useWords();
  const now = useNow(5000);
  const agencies = usePart((state) => state.session?.agencies);
  const isMarked = usePart((state) => state.marked.has(vek.id));
  const present = usePart((state) => state.present.get(vek.id));
  const me = usePart((state) => state.session?.me.subject);
  const active = vek.assignments.filter(({ status }) => status !== 'done' && status !== 'cancelled').length;
  const parts = vek.services.map(({ agencyId }) => agencies?.get(agencyId)?.code ?? '?');
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the listbox's
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names the current option
    <div
      id={`vek-${vek.id}`}
      role="option"
      className={`vek-row${isCurrent ? ' current' : ''}${isOpen ? ' open' : ''}${vek.status === 'new' ? ' untouched' : ''}`}
      aria-selected={isOpen}
      data-vek={vek.number}
      onClick={onOpen}
    >
      <Priority value={vek.priority} />
      <div className="vek-main">
        <div className="vek-type">
          {eventTypeLabel(vek.typeCode, words.language) ?? words.text('veks.noType')}
          {eventType(vek.typeCode)?.restricted && <span className="tag">{words.text('veks.restricted')}</span>}
        </div>
        <div className="vek-place">{placeOf(vek, words)}</div>
        <div className="vek-facts">
          {present?.some(({ subject }) => subject !== me) && (
            <span className="tag" title={present.map(({ name }) => name).join(', ')}>
              ◉ {words.text('presence.short')}
            </span>
          )}
          {isMarked && <span className="tag marked">{words.text('together.marked')}</span>}
          <span className={`vek-status ${vek.status}`}>{words.label('vekStatus', vek.status)}</span>
          {active > 0 && <span>{words.count('units', active)}</span>}
          {parts.length > 0 && <span>{parts.join(' · ')}</span>}
        </div>
      </div>
      <div className="vek-side">
        <span className="vek-number">{vek.number}</span>
        <time dateTime={new Date(vek.receivedAt).toISOString()}>{words.age(now - vek.receivedAt)}</time>
      </div>
    </div>
  );
}

export function Priority({ value }: { readonly value: string | null }) {
  const words = useWords();
  const label = value === null ? words.text('priority.none') : words.label('priority', value);
  return (
    <span
      className="priority"
      data-priority={value ?? 'none'}
      style={{ background: css(PRIORITY_COLOUR[value ?? ''] ?? NO_PRIORITY_COLOUR) }}
      title={label}
    >
      {value ?? '?'}
    </span>
  );
}

export function placeOf(vek: Vek, words: Words): string {
  if (vek.address !== null && vek.address !== '') return vek.address;
  if (vek.lon === null || vek.lat === null) return words.text('veks.noPlace');
  return words.text('create.placeAt', { lat: vek.lat.toFixed(4), lon: vek.lon.toFixed(4) });
}
