import { useEffect, useRef, useState } from 'react';
import type { Desk } from '../state/desk.js';
import { AlarmBar } from './alarm-bar.js';
import { Attention, AttentionBar } from './attention.js';
import { Available } from './available.js';
import { Closures } from './closures.js';
import { KeysDialog } from './keys-dialog.js';
import { MapPane } from './map-pane.js';
import { NewVek } from './new-vek.js';
import { ProposalBar, Proposals } from './proposals.js';
import { SignIn } from './sign-in.js';
import { Together } from './together.js';
import { Notices, TopBar } from './top-bar.js';
import { UnitDetail } from './unit-detail.js';
import { DeskContext, useDesk, usePart, useWords } from './use-desk.js';
import { VekDetail } from './vek-detail.js';
import { VekList } from './vek-list.js';

export function App({ desk }: { readonly desk: Desk }) {
  return (
    <DeskContext value={desk}>
      <Page />
    </DeskContext>
  );
}

function Page() {
  const words = useWords();
  const theme = usePart((state) => state.theme);
  const session = usePart((state) => state.session);
  useEffect(() => {
    document.documentElement.lang = words.language;
    document.documentElement.dataset.theme = theme;
  }, [words, theme]);
  return session === undefined ? <SignIn /> : <Workplace />;
}

/** The route of the unit whose line has the focus, else of the first in the panel. */
function routeButton(): HTMLElement | null {
  const inLine = document.activeElement?.closest('li')?.querySelector<HTMLElement>('[data-route]');
  return inLine ?? document.querySelector<HTMLElement>('[data-route]');
}

/** What says when a unit will be free: of the one whose line has the focus, else of the first that was sent. */
function freeButton(): HTMLElement | null {
  const inLine = document.activeElement?.closest('li')?.querySelector<HTMLElement>('[data-free]');
  return inLine ?? document.querySelector<HTMLElement>('[data-free]');
}

/** The first that can be sent or looked at, else the panel itself: its keys work then too. */
function whoGoesStart(): HTMLElement | null {
  return document.querySelector<HTMLElement>('.who-goes [data-stop]') ?? document.querySelector('.who-goes');
}

function Workplace() {
  const desk = useDesk();
  const words = useWords();
  const selection = usePart((state) => state.selection);
  const announcement = usePart((state) => state.announcement);
  const alarms = usePart((state) => state.alarms);
  const keys = useRef<HTMLDialogElement>(null);
  const [keysOpen, setKeysOpen] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape' && !keysOpen && desk.store.get().selection.kind !== 'none') {
        desk.select({ kind: 'none' });
        document.getElementById('vek-list')?.focus();
        return;
      }
      const target = event.target as HTMLElement;
      if (target.closest('input, textarea, select, dialog')) return;
      const action: (() => void) | undefined = {
        '/': () => document.getElementById('vek-search')?.focus(),
        u: () => document.getElementById('unit-search')?.focus(),
        n: () => desk.may('create') && desk.select({ kind: 'new_vek' }),
        m: () => document.querySelector<HTMLElement>('.maplibregl-canvas')?.focus(),
        w: () => whoGoesStart()?.focus(),
        c: () => desk.select({ kind: 'closures' }),
        t: () => desk.select({ kind: 'together' }),
        p: () => desk.select({ kind: 'proposals' }),
        e: () => desk.select({ kind: 'attention' }),
        d: () => document.querySelector<HTMLElement>('[data-edit]')?.click(),
        o: () => document.getElementById('comment')?.focus(),
        b: () => document.querySelector<HTMLElement>('.module-links a')?.focus(),
        v: () => desk.select({ kind: 'available' }),
        r: () => routeButton()?.click(),
        f: () => freeButton()?.click(),
        g: () => desk.showWays(),
        i: () => document.querySelector<HTMLElement>('[data-reach]')?.click(),
        '?': () => {
          keys.current?.showModal();
          setKeysOpen(true);
        },
        j: () => document.getElementById('vek-list')?.focus(),
        k: () => document.getElementById('vek-list')?.focus(),
      }[event.key];
      if (action === undefined || target.closest('#vek-list')?.contains(target)) {
        if (event.key === 'j' || event.key === 'k' || action === undefined) return;
      }
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [desk, keysOpen]);

  return (
    <div className="workplace">
      <a className="skip" href="#vek-list">
        {words.text('app.skip')}
      </a>
      <header>
        <TopBar
          onKeys={() => {
            keys.current?.showModal();
            setKeysOpen(true);
          }}
        />
        <Notices />
        {alarms.length > 0 && <AlarmBar />}
        <AttentionBar />
        <ProposalBar />
      </header>
      <main className={selection.kind === 'none' ? 'desk' : 'desk with-detail'}>
        <VekList />
        <MapPane />
        {selection.kind === 'vek' && <VekDetail key={selection.id} id={selection.id} />}
        {selection.kind === 'unit' && <UnitDetail key={selection.id} id={selection.id} />}
        {selection.kind === 'new_vek' && <NewVek />}
        {selection.kind === 'closures' && <Closures />}
        {selection.kind === 'together' && <Together />}
        {selection.kind === 'attention' && <Attention />}
        {selection.kind === 'proposals' && <Proposals />}
        {selection.kind === 'available' && <Available />}
      </main>
      <div className="hidden" aria-live="polite" aria-atomic="true">
        {announcement}
      </div>
      <KeysDialog dialog={keys} onClose={() => setKeysOpen(false)} />
    </div>
  );
}
