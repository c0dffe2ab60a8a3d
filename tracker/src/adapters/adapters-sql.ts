import { sqlStatements } from '../store/sql-file.js';

/** The statements of adapters.sql. */
export const adaptersSql = sqlStatements('./adapters.sql', import.meta.url, [
  'claim_streams',
  'newest_fixes',
  'stored_fixes',
  'stored_events',
  'load_aliases',
  'add_alias',
  'remove_alias',
  'touch_device',
  'add_join_code',
  'join_code',
  'use_join_code',
  'forget_join_codes',
]);
