import { useEffect, useState } from 'react';
import { useCrew, useSession, useWords } from './context.js';
import type { Preferences } from './preferences.js';
import { Choice, Switch } from './switches.js';

/** A sensor silent for longer is said to be. */
const SILENT_MS = 30_000;

interface Props {
  readonly preferences: Preferences;
  readonly onChange: (changed: Partial<Preferences>) => void;
  readonly onSignOff: () => void;
}

export function Device({ preferences, onChange, onSignOff }: Props) {
  const words = useWords();
  const { model } = useSession();
  useCrew();
  const [leaving, setLeaving] = useState(false);
  const offlineReady = useOfflineReady();
  const { unsent } = model;
  return (
    <>
      <PositionCard share={preferences.share} onShare={(share) => onChange({ share })} />
      <section className="card" aria-labelledby="device-title">
        <h2 id="device-title">{words.text('device.title')}</h2>
        <Choice
          label={words.text('device.language')}
          value={preferences.language}
          options={[
            ['lv', 'Latviešu'],
            ['en', 'English'],
          ]}
          onChange={(language) => onChange({ language })}
        />
        <Choice
          label={words.text('device.theme')}
          value={preferences.theme}
          options={[
            ['night', words.text('device.night')],
            ['day', words.text('device.day')],
          ]}
          onChange={(theme) => onChange({ theme })}
        />
        <Switch label={words.text('device.awake')} on={preferences.awake} onChange={(awake) => onChange({ awake })} />
        <p className="faint">{words.text(offlineReady ? 'device.offlineReady' : 'device.offlineNot')}</p>
      </section>
      <section className="card">
        {leaving ? (
          <>
            <h2>{words.text('device.signOff.sure')}</h2>
            {unsent > 0 && <p className="wrong">{words.text('device.signOff.unsent', { n: words.number(unsent) })}</p>}
            <div className="pair">
              <button type="button" className="big" onClick={() => setLeaving(false)}>
                {words.text('device.signOff.no')}
              </button>
              <button type="button" className="big danger" onClick={onSignOff}>
                {words.text('device.signOff.yes')}
              </button>
            </div>
          </>
        ) : (
          <button type="button" className="big" onClick={() => setLeaving(true)}>
            {words.text('device.signOff')}
          </button>
        )}
      </section>
    </>
  );
}

function PositionCard({ share, onShare }: { readonly share: boolean; readonly onShare: (share: boolean) => void }) {
  const words = useWords();
  const { sensor } = useSession();
  const { fixesHeld, fixesDropped } = useCrew();
  const now = useSeconds();
  const { state, last } = sensor;
  const said = () => {
    if (!share || state === 'off') return words.text('position.off');
    if (state !== 'on' && state !== 'lost') return words.text(`position.${state}`);
    if (last === undefined) return words.text('position.lost');
    const given = { metres: words.number(last.accuracyM ?? 0), time: words.time(last.time) };
    const known = words.text(now - last.time > SILENT_MS ? 'position.onAge' : 'position.on', given);
    return state === 'lost' ? `${words.text('position.lost')} ${known}` : known;
  };
  return (
    <section className="card" aria-labelledby="position-title">
      <h2 id="position-title">{words.text('position.title')}</h2>
      <Switch label={words.text('position.share')} on={share} onChange={onShare} />
      <p role="status" className={state === 'denied' || state === 'none' ? 'wrong' : undefined}>
        {said()}
      </p>
      {share && <p className="faint small">{words.text('position.interval', { n: words.number(sensor.intervalS) })}</p>}
      {share && fixesHeld > 0 && <p>{words.text('position.held', { n: words.number(fixesHeld) })}</p>}
      {fixesDropped > 0 && <p className="wrong">{words.text('position.dropped', { n: words.number(fixesDropped) })}</p>}
      <p className="faint small">{words.text('position.background')}</p>
    </section>
  );
}

function useSeconds(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(tick);
  }, []);
  return now;
}

function useOfflineReady(): boolean {
  const [ready, setReady] = useState(navigator.serviceWorker?.controller != null);
  useEffect(() => {
    const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
    const look = () => setReady(serviceWorker?.controller != null);
    serviceWorker?.addEventListener('controllerchange', look);
    return () => serviceWorker?.removeEventListener('controllerchange', look);
  }, []);
  return ready;
}
