import { type ReactNode, useEffect, useRef } from 'react';
import { useDesk, useWords } from './use-desk.js';

/** A panel beside the map, with the focus on its title. */
export function Detail({ title, children }: { readonly title: ReactNode; readonly children: ReactNode }) {
  const desk = useDesk();
  const words = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <aside className="panel detail" aria-labelledby="detail-title">
      <div className="panel-head">
        <h2 id="detail-title" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" className="quiet" onClick={() => desk.select({ kind: 'none' })}>
          {words.text('panel.close')} <kbd>Esc</kbd>
        </button>
      </div>
      <div className="panel-body">{children}</div>
    </aside>
  );
}
