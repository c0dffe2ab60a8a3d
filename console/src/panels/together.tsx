import { isEnded } from '../state/desk.js';
import { Detail } from './detail.js';
import { useDesk, usePart, useWords } from './use-desk.js';
import { Priority, placeOf } from './vek-list.js';
import { WhoGoes } from './who-goes.js';

/** Most incidents that are served together. */
const MOST = 10;

/** Several incidents as one question: nobody is sent to one who is needed more at another. */
export function Together() {
  const desk = useDesk();
  const words = useWords();
  const veks = usePart((state) => state.veks);
  const marked = usePart((state) => state.marked);
  const open = [...marked].flatMap((id) => veks.get(id) ?? []).filter((vek) => !isEnded(vek));
  const asked = open.slice(0, MOST);
  return (
    <Detail title={words.text('together.title')}>
      {open.length < 2 && <p className="empty">{words.text('together.hint')}</p>}
      {open.length > MOST && <p className="warning">{words.text('together.most', { most: MOST })}</p>}
      <ul className="together">
        {open.map((vek) => (
          <li key={vek.id} className="row">
            <Priority value={vek.priority} /> <b>{words.text('vek.number', { number: vek.number })}</b>
            <span className="vek-place">{placeOf(vek, words)}</span>
            <button type="button" className="link" onClick={() => desk.toggleMark(vek.id)}>
              {words.text('together.remove')}
            </button>
          </li>
        ))}
      </ul>
      {asked.length > 0 && <WhoGoes veks={asked} />}
    </Detail>
  );
}
