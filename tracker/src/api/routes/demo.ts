/** The demo world's token issuer: anybody may be any of its people. Not there with MODE=production. */
import { z } from '@hono/zod-openapi';
import type { Core } from '../../core.js';
import { ROLES, type Role } from '../../rights/matrix.js';
import { json, type Operations } from '../operation.js';
import { ApiError } from '../problem.js';

/** People who exist in every demo, so that a page can offer them. */
const DEMO_USERS: readonly {
  readonly user: string;
  readonly name: string;
  readonly agency: string;
  readonly roles: readonly Role[];
}[] = [
  { user: 'dispatcher', name: 'Dežūrējošais dispečers (VUGD)', agency: 'VUGD', roles: ['dispatcher', 'call_taker'] },
  { user: 'commander', name: 'Komandieris (VUGD)', agency: 'VUGD', roles: ['commander'] },
  { user: 'police', name: 'Dispečers (Valsts policija)', agency: 'VP', roles: ['dispatcher', 'call_taker'] },
  { user: 'ambulance', name: 'Dispečers (NMPD)', agency: 'NMPD', roles: ['dispatcher', 'call_taker'] },
  { user: '112', name: '112 operators', agency: 'VKCP', roles: ['call_taker', 'dispatcher', 'integrator'] },
  { user: 'admin', name: 'Platformas administrators', agency: 'IEMIC', roles: ['admin'] },
];

export function demoRoutes(operations: Operations, { demoIssuer, settings, directory }: Core): void {
  const audience = settings.oidc?.audience ?? 'vanags';
  const issuer = () => {
    if (demoIssuer === undefined) throw new ApiError(404, 'not_found', 'there is no demo issuer here');
    return demoIssuer;
  };
  const User = z.object({ user: z.string(), name: z.string(), agency: z.string(), roles: z.array(z.string()) });

  operations.add(
    'getDemoUsers',
    {
      method: 'get',
      path: '/api/v1/demo/users',
      responses: {
        200: json(z.object({ users: z.array(User) }), 'Who can be signed in as'),
        404: { description: 'No demo here' },
      },
    },
    (c) => {
      issuer();
      return c.json(
        {
          users: DEMO_USERS.filter(({ agency }) => directory.agenciesByCode.has(agency)).map((user) => ({
            ...user,
            roles: [...user.roles],
          })),
        },
        200,
      );
    },
  );

  operations.add(
    'createDemoToken',
    {
      method: 'post',
      path: '/api/v1/demo/token',
      description: 'A token for one of the demo users, or for any agency and roles.',
      request: {
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z
                .union([
                  z.object({ user: z.string() }),
                  z.object({
                    agency: z.string(),
                    roles: z.array(z.enum(ROLES)).min(1),
                    subject: z.string().max(100).default('demo'),
                  }),
                ])
                .openapi('DemoToken'),
            },
          },
        },
      },
      responses: {
        200: json(z.object({ token: z.string() }), 'Token, good for 12 hours'),
        404: { description: 'No demo here' },
      },
    },
    async (c) => {
      const given = c.req.valid('json');
      const demo = issuer();
      if ('agency' in given) {
        return c.json(
          {
            token: await demo.sign(
              { subject: given.subject, name: given.subject, agency: given.agency, roles: given.roles },
              audience,
            ),
          },
          200,
        );
      }
      const user = DEMO_USERS.find((known) => known.user === given.user);
      if (user === undefined) throw new ApiError(404, 'not_found', `no demo user ${given.user}`);
      return c.json({ token: await demo.sign({ subject: `demo:${user.user}`, ...user }, audience) }, 200);
    },
  );

  operations.add(
    'getDemoKeys',
    {
      method: 'get',
      path: '/api/v1/demo/jwks.json',
      responses: {
        200: json(z.object({ keys: z.array(z.record(z.string(), z.unknown())) }), 'JWKS'),
        404: { description: 'No demo here' },
      },
    },
    (c) => c.json({ keys: issuer().jwks.keys.map((key) => ({ ...key })) }, 200),
  );
}
