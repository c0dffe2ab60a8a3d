import { useEffect, useState } from 'react';
import { receiptOf } from '../crew/crew-model.js';
import { AssignmentCard, typeLabel } from './assignment-card.js';
import { useCrew, useSession, useWords } from './context.js';
import { Device } from './device.js';
import { Messages } from './messages.js';
import type { Preferences } from './preferences.js';
import { PressList } from './press-list.js';
import { Sign } from './signs.js';
import { SosButton, SosState } from './sos.js';
import { StatusButtons } from './status-buttons.js';
import { Notices, TopBar } from './top-bar.js';
import { useScreenAwake } from './use-screen-awake.js';

interface Props {
  readonly preferences: Preferences;
  readonly onChange: (changed: Partial<Preferences>) => void;
  readonly onSignOff: () => void;
}
type Page = 'work' | 'messages' | 'device';

export function SignedOn({ preferences, onChange, onSignOff }: Props) {
  const words = useWords();
  const { model, sensor, ringer } = useSession();
  const crew = useCrew();
  const [page, setPage] = useState<Page>('work');

  useScreenAwake(preferences.awake);
  useEffect(() => {
    if (preferences.share) sensor.start();
    else sensor.stop();
  }, [preferences.share, sensor]);
  useEffect(() => {
    const touched = () => ringer.unlock();
    window.addEventListener('pointerdown', touched);
    window.addEventListener('keydown', touched);
    return () => {
      window.removeEventListener('pointerdown', touched);
      window.removeEventListener('keydown', touched);
    };
  }, [ringer]);

  const toAccept = crew.assignments.filter(
    ({ ended, assignment }) => ended === undefined && receiptOf(crew.presses, assignment.assignmentId) === undefined,
  );
  const calling = toAccept.length > 0 && crew.phase !== 'stopped';
  useEffect(() => {
    if (!calling) return;
    setPage('work');
    window.scrollTo({ top: 0 });
    ringer.start();
    return () => ringer.stop();
  }, [calling, ringer]);

  const unread = crew.texts.filter((row) => !row.read).length;
  useEffect(() => {
    if (page === 'messages' && unread > 0) model.readTexts();
  }, [page, unread, model]);

  const announced = toAccept[0]?.assignment;
  const go = (to: Page) => {
    setPage(to);
    window.scrollTo({ top: 0 });
  };
  const link = (to: Page, badge: number) => (
    <button type="button" aria-current={page === to ? 'page' : undefined} onClick={() => go(to)}>
      <Sign name={to === 'messages' ? 'text' : to} />
      <span>{words.text(`nav.${to}`)}</span>
      {badge > 0 && (
        <span className="badge" role="img" aria-label={words.text('nav.unread', { n: badge })}>
          {badge}
        </span>
      )}
    </button>
  );

  return (
    <>
      <TopBar />
      <div className="hidden" role="alert">
        {announced !== undefined &&
          words.text('assignment.announce', {
            priority: words.label('priority', announced.priority ?? 'none') ?? announced.priority ?? '',
            type: typeLabel(announced.vekType, words),
            address: announced.address ?? words.text('assignment.noAddress'),
            summary: announced.summary ?? '',
          })}
      </div>
      <main>
        <Notices />
        <SosState />
        {page === 'work' && (
          <>
            {crew.assignments.length === 0 && <NoAssignment />}
            {crew.assignments.map((row, i) => (
              <AssignmentCard key={row.assignment.assignmentId} row={row} first={i === 0} />
            ))}
            <StatusButtons />
            <PressList />
          </>
        )}
        {page === 'messages' && <Messages />}
        {page === 'device' && <Device preferences={preferences} onChange={onChange} onSignOff={onSignOff} />}
      </main>
      <footer>
        <nav aria-label={words.text('nav.label')}>
          {link('work', page === 'work' ? 0 : toAccept.length)}
          {link('messages', unread)}
          {link('device', 0)}
        </nav>
        <SosButton />
      </footer>
    </>
  );
}

function NoAssignment() {
  const words = useWords();
  const { ringer } = useSession();
  const { phase } = useCrew();
  const away = phase === 'waiting' || phase === 'stopped' || phase === 'off';
  const [silent, setSilent] = useState(!ringer.canSound);
  useEffect(() => {
    const look = setInterval(() => setSilent(!ringer.canSound), 1000);
    return () => clearInterval(look);
  }, [ringer]);
  return (
    <section className="card quiet">
      <h2>{words.text('assignment.none')}</h2>
      <p className="faint">{words.text(away ? 'assignment.none.offline' : 'assignment.none.text')}</p>
      {silent && !away && <p className="faint">{words.text('assignment.touch')}</p>}
    </section>
  );
}
