/** `npm run calls`: the taking of calls, as a process of its own. */
import { consoleLog as log } from '../../src/log.js';
import { runModule } from '../module-program.js';
import { readModuleSettings } from '../module-settings.js';
import { callsSettings, startCalls } from './calls-module.js';

const DEFAULT_PORT = 8113;
/** What it needs of a demonstration's token: to take reports, and to place them. */
const ROLES = ['call_taker', 'integrator'];

await runModule('calls', () =>
  startCalls(callsSettings(readModuleSettings(process.env, DEFAULT_PORT, ROLES), process.env), log),
);
