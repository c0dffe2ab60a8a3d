import { sqlStatements } from '../store/sql-file.js';

/** The statements of attention.sql. */
export const attentionSql = sqlStatements('./attention.sql', import.meta.url, [
  'waiting',
  'raise',
  'tell_again',
  'clear',
  'acknowledge',
  'parties',
  'items',
  'summary',
  'overdue_parts',
  'policy',
  'set_policy',
  'forget',
]);
