import type { PressState } from '../crew/crew-model.js';

/** Shapes that say without colour what they say with it. Decoration for those who hear the page: words stand beside each. */
export type SignName =
  | PressState
  | 'done'
  | 'refused'
  | 'up'
  | 'down'
  | 'wait'
  | 'navigate'
  | 'work'
  | 'text'
  | 'device';

const PATHS: Readonly<Record<SignName, string>> = {
  // a phone
  kept: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
  // an arrow on its way
  sent: 'M4 12h15M13 6l6 6-6 6',
  acked: 'M5 13l5 5L20 7',
  done: 'M2 13l5 5L17 7M11 17l1 1L22 8',
  refused: 'M6 6l12 12M18 6L6 18',
  up: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM8.5 12l2.5 2.5L15.5 10',
  down: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.5 6.5l11 11',
  wait: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4l3 2',
  navigate: 'M12 3l7 18-7-4-7 4z',
  work: 'M5 5h14v15H5zM9 3h6v4H9zM8 12h8M8 16h5',
  text: 'M4 5h16v11H10l-5 4v-4H4z',
  device: 'M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2',
};

export function Sign({ name, turnDeg }: { readonly name: SignName; readonly turnDeg?: number }) {
  return (
    <svg
      className="sign"
      viewBox="0 0 24 24"
      aria-hidden="true"
      style={turnDeg === undefined ? undefined : { transform: `rotate(${turnDeg}deg)` }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
