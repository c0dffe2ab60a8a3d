/** What the service says of itself: health, readiness, metrics, the caller. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { type Metrics, serviceState } from '../metrics.js';
import { json, type Operations } from '../operation.js';

/** NENA-STA-010: ServiceState of an element. */
const StateSchema = z
  .object({
    state: z.enum([
      'Normal',
      'Unstaffed',
      'ScheduledMaintenanceDown',
      'ScheduledMaintenanceAvailable',
      'MajorIncidentInProgress',
      'Partial',
      'Overloaded',
      'GoingDown',
      'Down',
    ]),
    reasons: z.array(z.string()),
    version: z.string(),
    startedAt: z.number(),
  })
  .openapi('ServiceState');

export function serviceRoutes(operations: Operations, core: Core, metrics: Metrics, version: string): void {
  const state = () => ({ ...serviceState(core), version, startedAt: core.startedAt });

  operations.add(
    'getHealth',
    {
      method: 'get',
      path: '/healthz',
      description: 'Is the process alive: always 200 while it answers.',
      responses: { 200: json(StateSchema, 'State') },
    },
    (c) => c.json(state(), 200),
  );

  operations.add(
    'getReadiness',
    {
      method: 'get',
      path: '/readyz',
      description: 'May traffic be sent here: 503 while the database is away, although the live picture goes on.',
      responses: { 200: json(StateSchema, 'Ready'), 503: json(StateSchema, 'Not ready') },
    },
    (c) => {
      const now = state();
      return now.state === 'Normal' ? c.json(now, 200) : c.json(now, 503);
    },
  );

  operations.add(
    'getMetrics',
    {
      method: 'get',
      path: '/metrics',
      description: 'Prometheus text.',
      responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
    },
    async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.contentType }),
  );

  operations.add(
    'getMe',
    {
      method: 'get',
      path: '/api/v1/me',
      responses: {
        200: json(
          z.object({
            subject: z.string(),
            name: z.string(),
            agencyId: z.uuid(),
            agencyCode: z.string(),
            roles: z.array(z.string()),
            modules: z
              .array(z.object({ nameLv: z.string(), nameEn: z.string(), url: z.string() }))
              .openapi({ description: 'Pages of modules that are for you (`MODULE_PAGES`)' }),
          }),
          'Who the token says you are',
        ),
      },
    },
    (c) => {
      const { subject, name, agency, roles } = c.get('caller').principal;
      const modules = core.settings.modulePages
        .filter((page) => page.agencies.length === 0 || page.agencies.includes(agency.code))
        .filter((page) => page.roles.length === 0 || page.roles.some((role) => roles.includes(role)))
        .map(({ nameLv, nameEn, url }) => ({ nameLv, nameEn, url }));
      return c.json({ subject, name, agencyId: agency.id, agencyCode: agency.code, roles: [...roles], modules }, 200);
    },
  );
}
