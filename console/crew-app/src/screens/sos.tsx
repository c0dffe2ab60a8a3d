import { type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from 'react';
import type { Press } from '../crew/crew-model.js';
import type { Words } from '../i18n/words.js';
import { useCrew, useSession, useWords } from './context.js';
import { outcomeText } from './press-list.js';
import { Sign } from './signs.js';

/** Long enough not to happen in a pocket, short enough under attack. */
const HOLD_MS = 1500;

export function SosButton() {
  const words = useWords();
  const { model, ringer } = useSession();
  const [holding, setHolding] = useState(false);
  const [asking, setAsking] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const send = () => {
    setHolding(false);
    setAsking(false);
    ringer.tick(600);
    model.sos();
  };
  const press = () => {
    clearTimeout(timer.current);
    setHolding(true);
    ringer.tick(60);
    timer.current = setTimeout(send, HOLD_MS);
  };
  const letGo = () => {
    clearTimeout(timer.current);
    setHolding(false);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault(); // no click besides the hold
    if (!event.repeat) press();
  };
  // a screen reader's double tap is a click without a hold: it is asked instead
  const click = (event: MouseEvent) => {
    if (event.detail === 0) setAsking(true);
  };
  return (
    <>
      {asking && (
        <div className="ask" role="alertdialog" aria-label={words.text('sos.confirm')}>
          <p>{words.text('sos.confirm')}</p>
          <button type="button" className="big" onClick={() => setAsking(false)}>
            {words.text('sos.confirm.no')}
          </button>
          <button type="button" className="big danger" onClick={send}>
            {words.text('sos.confirm.yes')}
          </button>
        </div>
      )}
      <button
        type="button"
        className={`sos ${holding ? 'holding' : ''}`}
        style={{ '--hold': `${HOLD_MS}ms` } as React.CSSProperties}
        aria-label={words.text('sos.label')}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId); // a thumb in a glove slides
          press();
        }}
        onPointerUp={letGo}
        onPointerCancel={letGo}
        onKeyDown={keyDown}
        onKeyUp={letGo}
        onBlur={letGo}
        onClick={click}
        onContextMenu={(event) => event.preventDefault()}
      >
        <strong>{words.text('sos.button')}</strong>
        <span>{words.text(holding ? 'sos.holding' : 'sos.hold')}</span>
      </button>
    </>
  );
}

/** Every SOS until its end is known and the person has put it away. */
export function SosState() {
  const words = useWords();
  const { model } = useSession();
  const shown = useCrew().presses.filter((press) => press.event.kind === 'sos' && press.dismissed !== true);
  return shown.map((press) => (
    <section
      key={press.order}
      className={`card sos-state ${press.outcome === undefined ? press.state : 'done'}`}
      data-state={press.outcome ?? press.state}
      role="alert"
    >
      <h2>
        <Sign name={press.outcome === undefined ? press.state : 'done'} />
        {words.text('sos.at', { time: words.time(press.event.time) })}
      </h2>
      <p>{explain(press, words)}</p>
      <p className="small faint">{words.text(press.event.lon === undefined ? 'sos.noPlace' : 'sos.withPlace')}</p>
      {press.ackedAt !== undefined && (
        <button type="button" className="big" onClick={() => model.dismissPress(press.order)}>
          {words.text('sos.dismiss')}
        </button>
      )}
    </section>
  ));
}

function explain(press: Press, words: Words): string {
  const time = press.ackedAt === undefined ? '' : words.time(press.ackedAt);
  if (press.outcome === undefined) return words.text(`sos.${press.state}`, { time });
  if (press.outcome === 'applied') return words.text('sos.applied', { time });
  return words.text('sos.otherwise', { time, outcome: outcomeText(press, words) ?? '' });
}
