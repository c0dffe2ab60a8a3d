import {
  createContext,
  type KeyboardEvent,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { changeText } from '../i18n/change-words.js';
import type { DispatchNames } from '../i18n/dispatch-words.js';
import { Words } from '../i18n/words.js';
import { ApiProblem, type FieldChange } from '../state/api.js';
import type { Desk } from '../state/desk.js';
import type { State } from '../state/store.js';

export const DeskContext = createContext<Desk | undefined>(undefined);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === undefined) throw new Error('useDesk outside of DeskContext');
  return desk;
}

/** One part of the state; the panel is drawn anew when that part changes. It must be a stored value, not a computed one. */
export function usePart<T>(part: (state: State) => T): T {
  const { store } = useDesk();
  return useSyncExternalStore(store.subscribe, () => part(store.get()));
}

export function useWords(): Words {
  const language = usePart((state) => state.language);
  return useMemo(() => new Words(language), [language]);
}

/** Names of the units and VEKs that this desk knows. */
export function useNames(): DispatchNames {
  const units = usePart((state) => state.units);
  const veks = usePart((state) => state.veks);
  return useMemo(
    () => ({ callsign: (id) => units.get(id)?.callsign, vekNumber: (id) => veks.get(id)?.number }),
    [units, veks],
  );
}

/** The hub's time, again every so often: what shows an age is drawn anew with it. */
export function useNow(everyMs = 1000): number {
  const desk = useDesk();
  const read = () => desk.client?.hubNow() ?? Date.now();
  const [now, setNow] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => setNow(desk.client?.hubNow() ?? Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [desk, everyMs]);
  return now;
}

/** A command from a panel: whether it is under way, and what went wrong in words. */
export function useCommand(): {
  readonly busy: string | undefined;
  readonly problem: string | undefined;
  run(name: string, command: () => Promise<void>): Promise<boolean>;
  clear(): void;
} {
  const words = useWords();
  const [busy, setBusy] = useState<string>();
  const pressed = useRef<Element | null>(null);
  useEffect(() => {
    if (busy === undefined) returnFocus(pressed.current);
  }, [busy]);
  const [problem, setProblem] = useState<string>();
  return {
    busy,
    problem,
    clear: () => setProblem(undefined),
    async run(name, command) {
      pressed.current = document.activeElement;
      setBusy(name);
      setProblem(undefined);
      try {
        await command();
        return true;
      } catch (error) {
        setProblem(problemText(words, error));
        return false;
      } finally {
        setBusy(undefined);
      }
    },
  };
}

/** What is switched off while a command is under way loses the focus: it gets it back, unless it has gone elsewhere meanwhile. */
function returnFocus(element: Element | null): void {
  if (document.activeElement === document.body && element instanceof HTMLElement) element.focus();
}

export function problemText(words: Words, error: unknown): string {
  if (!(error instanceof ApiProblem)) return words.text('error.other', { code: String(error) });
  const code = error.code === 'unit_busy' && Array.isArray(error.facts.unitIds) ? 'unitsBusy' : error.code;
  const text = words.label('error', code, { detail: error.message });
  if (code === 'version_conflict') return `${text}${changesText(words, error.facts)} (${code})`;
  const isKnown = text !== code.replaceAll('_', ' ');
  return isKnown ? `${text} (${error.code})` : words.text('error.other', { code: error.code });
}

/** What was changed meanwhile, by whom and when. */
function changesText(words: Words, { changes }: ApiProblem['facts']): string {
  if (!Array.isArray(changes)) return '';
  const names = { agency: () => undefined };
  return (changes as (FieldChange & { by: string; at: number })[])
    .map((change) => ` ${words.time(change.at)} ${change.by}: ${changeText(change, words, names)}.`)
    .join('');
}

/** Leaves a form by Esc, and not the panel that it is in. */
export function leaveOnEscape(leave: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    leave();
  };
}
