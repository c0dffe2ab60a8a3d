import { SERVICE_CODES } from '../state/event-types.js';
import { useWords } from './use-desk.js';

/** Capabilities that a dispatcher may ask for, those of one service after another. */
const CAPABILITIES = [
  'extinguish',
  'water',
  'water_bulk',
  'basic_rescue',
  'extrication',
  'heavy_rescue',
  'height_rescue',
  'hazmat',
  'water_rescue',
  'offroad',
  'dive',
  'search',
  'recon',
  'logistics',
  'command',
  'patrol',
  'traffic',
  'investigation',
  'dog',
  'public_order',
  'port',
  'water_patrol',
  'medical',
  'als',
  'intensive_care',
  'medical_transport',
  'gas_shutoff',
];

interface Select {
  readonly value: string;
  onChange(value: string): void;
  /** What '' is called, where nothing need be chosen. */
  readonly any?: string;
}

export function CapabilitySelect({ value, onChange, any }: Select) {
  const words = useWords();
  return (
    <select
      aria-label={words.text('who.capability')}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      data-capability=""
    >
      {any !== undefined && <option value="">{any}</option>}
      {CAPABILITIES.map((code) => (
        <option key={code} value={code}>
          {words.label('capability', code)}
        </option>
      ))}
    </select>
  );
}

export function ServiceSelect({ value, onChange, any }: Select) {
  const words = useWords();
  return (
    <select aria-label={words.text('unit.agency')} value={value} onChange={(event) => onChange(event.target.value)}>
      {any !== undefined && <option value="">{any}</option>}
      {SERVICE_CODES.map((code) => (
        <option key={code} value={code}>
          {code}
        </option>
      ))}
    </select>
  );
}
