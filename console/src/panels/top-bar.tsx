import { UNIT_STATUSES } from '../../../tracker/src/protocol/status.js';
import { css, STATUS_COLOUR } from '../layers/palette.js';
import { Mark } from './sign-in.js';
import { LanguageSwitch, ThemeSwitch } from './switches.js';
import { UnitSearch } from './unit-search.js';
import { useDesk, useNow, usePart, useWords } from './use-desk.js';

const CONNECTION_MARK = { live: '●', connecting: '◌', stalled: '■', offline: '✕', refused: '✕' } as const;

export function TopBar({ onKeys }: { readonly onKeys: () => void }) {
  const desk = useDesk();
  const words = useWords();
  const session = usePart((state) => state.session)!;
  return (
    <div className="top-bar">
      <h1>
        <Mark />
        <span>{words.text('app.name')}</span>
      </h1>
      <Connection />
      <StatusCounts />
      <UnitSearch />
      <Clock />
      <div className="who" title={session.me.roles.join(', ')}>
        <strong>{session.me.agencyCode}</strong>
        <span>{session.me.name}</span>
      </div>
      <ModuleLinks />
      <LanguageSwitch />
      <ThemeSwitch />
      <button type="button" className="quiet" onClick={onKeys} aria-label={words.text('keys.title')}>
        ?
      </button>
      <button type="button" className="quiet" onClick={() => desk.signOut()}>
        {words.text('signin.out')}
      </button>
    </div>
  );
}

/** To the pages of other modules, each in a tab of its own: the desk stays as it is. */
function ModuleLinks() {
  const words = useWords();
  const { modules } = usePart((state) => state.session)!.me;
  if (modules.length === 0) return null;
  return (
    <nav className="module-links" aria-label={words.text('modules.title')}>
      {modules.map(({ nameLv, nameEn, url }) => (
        <a key={url} href={url} target="_blank" rel="noopener noreferrer">
          {words.language === 'lv' ? nameLv : nameEn}
          <span aria-hidden="true"> ↗</span>
          <span className="hidden"> ({words.text('modules.newTab')})</span>
        </a>
      ))}
    </nav>
  );
}

function Connection() {
  const words = useWords();
  const connection = usePart((state) => state.connection);
  return (
    <div className={`connection ${connection}`} role="status" data-connection={connection}>
      <span aria-hidden="true">{CONNECTION_MARK[connection]}</span> {words.text(`connection.${connection}`)}
    </div>
  );
}

function Clock() {
  const words = useWords();
  const now = useNow(500);
  return (
    <time className="clock" dateTime={new Date(now).toISOString()} title="Europe/Riga">
      {words.time(now)}
    </time>
  );
}

/** Units by what they show, whether on the map or not. */
function StatusCounts() {
  const words = useWords();
  const units = usePart((state) => state.units);
  const counts = new Map<string, number>();
  for (const { status } of units.values()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return (
    <ul className="status-counts" aria-label={words.text('units.title')}>
      {UNIT_STATUSES.filter((status) => counts.has(status)).map((status) => (
        <li key={status} title={words.text(`status.${status}`)}>
          <span className="letter" style={{ background: css(STATUS_COLOUR[status]) }} aria-hidden="true">
            {words.text(`letter.${status}`)}
          </span>
          <span className="hidden">{words.text(`status.${status}`)}</span>
          <b>{words.number(counts.get(status)!)}</b>
        </li>
      ))}
    </ul>
  );
}

/** What is wrong, in words, for as long as it is. */
export function Notices() {
  const words = useWords();
  const connection = usePart((state) => state.connection);
  const lastBundleAt = usePart((state) => state.lastBundleAt);
  const degraded = usePart((state) => state.degraded);
  const stopped = connection === 'stalled' || connection === 'offline';
  return (
    <>
      {stopped && (
        <p className="notice stopped" role="alert">
          <strong>{words.text(`connection.${connection}`)}.</strong>{' '}
          {lastBundleAt === undefined
            ? words.text('connection.none')
            : words.text('connection.stopped', { time: words.time(lastBundleAt) })}
        </p>
      )}
      {degraded.length > 0 && (
        <p className="notice degraded" role="alert">
          <strong>{words.text('degraded.title')}:</strong>{' '}
          {degraded.map((reason) => words.label('degraded', reason)).join('; ')}.
        </p>
      )}
    </>
  );
}
