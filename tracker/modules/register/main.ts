/** `npm run register`: the register of events, as a process of its own. */
import { consoleLog as log } from '../../src/log.js';
import { runModule } from '../module-program.js';
import { readModuleSettings } from '../module-settings.js';
import { startRegister } from './register-module.js';

const DEFAULT_PORT = 8114;
/** What it needs of a demonstration's token: to read the feed and the cards. */
const ROLES = ['registrar'];

await runModule('register', () => startRegister(readModuleSettings(process.env, DEFAULT_PORT, ROLES), log));
