import { UNIT_STATUSES, type UnitStatus } from '../../../tracker/src/protocol/status.js';
import { css, STATUS_COLOUR } from './palette.js';

/** Kinds of agencies that have a shape of their own; others share the last one. The index is the code in arrays. */
export const SERVICES = [
  'fire_rescue',
  'state_police',
  'municipal_police',
  'port_police',
  'ambulance',
  'gas',
  'other',
] as const;
export type Service = (typeof SERVICES)[number];

export function serviceCode(agencyKind: string | undefined): number {
  const code = SERVICES.indexOf(agencyKind as Service);
  return code < 0 ? SERVICES.length - 1 : code;
}

/** Pixels of a symbol in the atlas; it is drawn at less than half of it, so that it stays sharp on dense screens. */
const CELL = 64;
const RADIUS = 24;
const COLUMNS = 20;

/** Outline of a service's symbol around (0, 0); all cover about the same area. */
function shape(service: Service, radius: number): Path2D {
  const path = new Path2D();
  const polygon = (corners: number, turnDeg: number, size: number) => {
    for (let i = 0; i < corners; i++) {
      const angle = ((i / corners) * 360 + turnDeg - 90) * (Math.PI / 180);
      path.lineTo(Math.cos(angle) * size, Math.sin(angle) * size);
    }
    path.closePath();
  };
  switch (service) {
    case 'fire_rescue':
      path.roundRect(-radius * 0.9, -radius * 0.9, radius * 1.8, radius * 1.8, radius * 0.22);
      break;
    case 'state_police':
      // a shield
      path.moveTo(-radius * 0.92, -radius * 0.9);
      path.lineTo(radius * 0.92, -radius * 0.9);
      path.lineTo(radius * 0.92, radius * 0.15);
      path.quadraticCurveTo(radius * 0.85, radius * 0.75, 0, radius * 1.12);
      path.quadraticCurveTo(-radius * 0.85, radius * 0.75, -radius * 0.92, radius * 0.15);
      path.closePath();
      break;
    case 'municipal_police':
      polygon(6, 0, radius * 1.1);
      break;
    case 'port_police':
      polygon(3, 180, radius * 1.32);
      break;
    case 'ambulance':
      path.arc(0, 0, radius, 0, Math.PI * 2);
      break;
    case 'gas':
      polygon(4, 0, radius * 1.22);
      break;
    case 'other':
      polygon(8, 22.5, radius * 1.04);
      break;
  }
  return path;
}

/** Which picture a unit is drawn with. */
export function symbolIndex(service: number, status: number, stale: boolean, setAside: boolean): number {
  return ((service * UNIT_STATUSES.length + status) * 2 + (stale ? 1 : 0)) * 2 + (setAside ? 1 : 0);
}

const SYMBOLS = SERVICES.length * UNIT_STATUSES.length * 4;

export interface SymbolAtlas {
  readonly image: HTMLCanvasElement;
  /** Floats per symbol as deck.gl's IconLayer wants them: offset x, y, frame x, y, width, height, mask. [symbols × 7] */
  readonly frames: Float32Array;
}

/** One symbol, drawn around (0, 0). */
export function drawSymbol(
  context: CanvasRenderingContext2D,
  service: Service,
  status: UnitStatus,
  letter: string,
  { stale, setAside, outline }: { stale: boolean; setAside: boolean; outline: string },
): void {
  const colour = css(STATUS_COLOUR[status]);
  const path = shape(service, RADIUS);
  context.lineJoin = 'round';
  // a dark rim keeps symbols apart where they lie on each other
  context.lineWidth = 9;
  context.strokeStyle = outline;
  context.stroke(path);
  context.fillStyle = stale ? 'rgb(12 16 22 / 0.82)' : colour;
  context.fill(path);
  context.lineWidth = stale ? 5 : 2.5;
  context.strokeStyle = stale ? colour : 'rgb(255 255 255 / 0.55)';
  context.setLineDash(stale ? [9, 6] : []);
  context.stroke(path);
  context.setLineDash([]);
  context.fillStyle = stale ? colour : '#0b0f14';
  context.font = '800 32px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(letter, 0, service === 'port_police' ? 6 : 11.5);
  if (!setAside) return;
  context.beginPath();
  context.arc(20, -20, 11, 0, Math.PI * 2);
  context.fillStyle = '#ffffff';
  context.fill();
  context.lineWidth = 3;
  context.strokeStyle = '#b00020';
  context.stroke();
  context.fillStyle = '#b00020';
  context.font = '800 17px system-ui, sans-serif';
  context.fillText('!', 20, -14);
}

/** Draws all symbols once: service × status × freshness × mark. */
export function createSymbolAtlas(letters: Readonly<Record<UnitStatus, string>>, outline: string): SymbolAtlas {
  const image = document.createElement('canvas');
  image.width = COLUMNS * CELL;
  image.height = Math.ceil(SYMBOLS / COLUMNS) * CELL;
  const context = image.getContext('2d')!;
  const frames = new Float32Array(SYMBOLS * 7);
  for (const [s, service] of SERVICES.entries()) {
    for (const [i, status] of UNIT_STATUSES.entries()) {
      for (const stale of [false, true]) {
        for (const setAside of [false, true]) {
          const index = symbolIndex(s, i, stale, setAside);
          const x = (index % COLUMNS) * CELL;
          const y = Math.floor(index / COLUMNS) * CELL;
          context.save();
          context.translate(x + CELL / 2, y + CELL / 2);
          drawSymbol(context, service, status, letters[status], { stale, setAside, outline });
          context.restore();
          frames.set([0, 0, x, y, CELL, CELL, 0], index * 7);
        }
      }
    }
  }
  return { image, frames };
}
