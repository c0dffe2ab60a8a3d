import { sqlStatements } from '../../src/store/sql-file.js';

/** The statements of register.sql. */
export const registerSql = sqlStatements('./register.sql', import.meta.url, [
  'update_entry',
  'next_number',
  'insert_entry',
  'insert_events',
  'entries',
  'entry',
  'trail',
  'map_cells',
  'map_entries',
]);
