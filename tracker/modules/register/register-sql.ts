import { sqlStatements } from '../../src/store/sql-file.js';

/** The statements of register.sql. */
export const registerSql = sqlStatements('./register.sql', import.meta.url, [
  'entry_of_vek',
  'lock_hand_id',
  'entry_of_hand',
  'lock_entry',
  'write_entry',
  'next_number',
  'insert_entry',
  'insert_change',
  'insert_events',
  'entries',
  'entry',
  'trail',
  'map_cells',
  'map_entries',
  'code_state',
  'codes',
  'import_codes',
  'log_read',
  'log_change',
]);
