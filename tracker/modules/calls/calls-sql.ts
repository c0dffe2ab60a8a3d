import { sqlStatements } from '../../src/store/sql-file.js';

/** The statements of calls.sql. */
export const callsSql = sqlStatements('./calls.sql', import.meta.url, [
  'lock_phone',
  'insert_call',
  'call_by_source',
  'call',
  'queue',
  'due',
  'sent',
  'created',
  'failed',
  'backlog',
  'insert_report',
  'call_of_phone',
  'join_reports',
  'join_report',
  'reports',
  'place_call',
  'history',
  'recent',
  'log_access',
  'known_veks',
  'set_status',
  'forget',
]);
