import type { RefObject } from 'react';
import { usePart, useWords } from './use-desk.js';

const KEYS = [
  ['j  k  ↓  ↑', 'keys.next'],
  ['Enter', 'keys.open'],
  ['/', 'keys.search'],
  ['u', 'keys.searchUnits'],
  ['n', 'keys.new'],
  ['w', 'keys.who'],
  ['h', 'keys.hold'],
  ['s', 'keys.send'],
  ['x', 'keys.skip'],
  ['l', 'keys.level'],
  ['a', 'keys.again'],
  ['g', 'keys.ways'],
  ['␣  t', 'keys.together'],
  ['p', 'keys.proposals'],
  ['e', 'keys.attention'],
  ['d', 'keys.edit'],
  ['o', 'keys.comment'],
  ['f', 'keys.free'],
  ['v', 'keys.available'],
  ['r', 'keys.route'],
  ['i', 'keys.reach'],
  ['c', 'keys.closures'],
  ['m', 'keys.map'],
  ['b', 'keys.modules'],
  ['Esc', 'keys.close'],
  ['?', 'keys.help'],
] as const;

export function KeysDialog({
  dialog,
  onClose,
}: {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly onClose: () => void;
}) {
  const words = useWords();
  const hasModules = usePart((state) => state.session)!.me.modules.length > 0;
  const keys = hasModules ? KEYS : KEYS.filter(([, text]) => text !== 'keys.modules');
  return (
    <dialog ref={dialog} className="keys" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">{words.text('keys.title')}</h2>
      <dl>
        {keys.map(([pressed, text]) => (
          <div key={text}>
            <dt>
              {pressed.split(/\s+/).map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{words.text(text)}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" className="primary">
          {words.text('panel.close')}
        </button>
      </form>
    </dialog>
  );
}
