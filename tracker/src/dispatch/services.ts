import type { Agency } from '../units/directory.js';

/** Services as run cards name them, by kind of agency: there are many municipal and port polices, and one of each other. */
const SERVICE_OF_KIND: Readonly<Record<string, string>> = {
  fire_rescue: 'VUGD',
  state_police: 'VP',
  municipal_police: 'PP',
  port_police: 'OP',
  ambulance: 'NMPD',
  gas: 'GAS',
  state_security: 'VDD',
};

/** Code of the service that an agency's units count for; of a kind that is no service, the agency's own code. */
export function serviceOf({ kind, code }: Agency): string {
  return SERVICE_OF_KIND[kind] ?? code;
}
