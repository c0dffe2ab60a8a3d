import { createContext, useContext, useSyncExternalStore } from 'react';
import type { CrewSnapshot } from '../crew/crew-model.js';
import type { Session } from '../crew/session.js';
import { Words } from '../i18n/words.js';

export const WordsContext = createContext(new Words('lv'));
export const SessionContext = createContext<Session | undefined>(undefined);

export function useWords(): Words {
  return useContext(WordsContext);
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('this screen is shown to who has signed on');
  return session;
}

export function useCrew(): CrewSnapshot {
  const { model } = useSession();
  return useSyncExternalStore(model.subscribe, model.snapshot);
}
