import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect } from 'vitest';
import { WebSocket } from 'ws';
import { freePort, launchBrowser, PATIENCE_MS, startTracker, type Tracker, tellStory } from '../../test/stage.js';

const SHOTS = process.env.CREW_APP_SHOTS ?? join(tmpdir(), 'vanags-crew-app-shots');
const STATION = { longitude: 24.1386, latitude: 56.9632, accuracy: 6 };
/** Of one part. */
const BOUND_MS = 60_000;
const FIRE = { lon: 24.1059, lat: 56.946 };

interface Milestone {
  readonly at: number;
  readonly receivedAt: number;
  readonly source: string;
}
interface FeedEvent {
  readonly type: string;
  readonly data: {
    readonly unitId?: string;
    readonly at?: number;
    readonly place?: { readonly source: string } | null;
  };
}

/** The crew page as a crew meets it: a whole tracker, a phone-sized Chromium, a network that goes away. */
describe('the crew page', () => {
  let dataDir: string | undefined;
  let tracker: Tracker | undefined;
  let url: string;
  let browser: Browser | undefined;
  let context: BrowserContext;
  let page: Page;
  let dispatcher: string;
  let admin: string;
  let token: string;
  let unitId: string;
  const problems: string[] = [];

  /** A tracker, a browser and a crew that nobody knows: all new, so that the story can be told again from its beginning. */
  async function setStage(): Promise<void> {
    await clearStage();
    mkdirSync(SHOTS, { recursive: true });
    dataDir = await mkdtemp(join(tmpdir(), 'vanags-crew-app-'));
    tracker = await startTracker(dataDir, await freePort());
    ({ url } = tracker);
    await register();
    browser = await launchBrowser();
    context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      geolocation: STATION,
      permissions: ['geolocation'],
    });
    context.on('weberror', (error) => problems.push(String(error.error())));
    context.setDefaultTimeout(PATIENCE_MS);
    page = await context.newPage();
  }

  async function clearStage(): Promise<void> {
    await browser?.close();
    const running = tracker?.process;
    if (running?.exitCode === null) {
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGINT'); // as Ctrl-C: its database writes until it has stopped
      await ended;
    }
    if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
    problems.length = 0;
  }
  afterAll(clearStage);

  async function call<Body>(method: string, path: string, body?: unknown, bearer?: string): Promise<Body> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Body;
  }

  async function register(): Promise<void> {
    const tokenFor = async (agency: string, ...roles: string[]) =>
      (await call<{ token: string }>('POST', '/api/v1/demo/token', { agency, roles, subject: `${agency}-${roles[0]}` }))
        .token;
    admin = await tokenFor('IEMIC', 'admin');
    const { agencies } = await call<{ agencies: { code: string }[] }>('GET', '/api/v1/agencies', undefined, admin);
    if (!agencies.some(({ code }) => code === 'VUGD')) {
      const agency = { id: uuidv7(), code: 'VUGD', kind: 'fire_rescue', nameLv: 'VUGD', nameEn: 'VUGD' };
      await call('POST', '/api/v1/agencies', agency, admin);
    }
    dispatcher = await tokenFor('VUGD', 'dispatcher', 'call_taker');
    unitId = uuidv7();
    const deviceId = uuidv7();
    const unit = { id: unitId, agencyCode: 'VUGD', callsign: 'R-101', kind: 'pumper' };
    await call(
      'POST',
      '/api/v1/units',
      { ...unit, statusAtRest: 'available_at_station', capabilities: [{ code: 'extinguish', quantity: 1 }] },
      admin,
    );
    const device = { id: deviceId, agencyCode: 'VUGD', kind: 'phone', name: 'crew page', reportIntervalS: 1 };
    token = (await call<{ token: string }>('POST', '/api/v1/devices', device, admin)).token;
    await call('POST', '/api/v1/device-bindings', { id: uuidv7(), agencyCode: 'VUGD', deviceId, unitId }, admin);
  }

  async function assign(fields: Record<string, unknown>): Promise<{ vekId: string; assignmentId: string }> {
    const vekId = uuidv7();
    const assignmentId = uuidv7();
    await call('POST', '/api/v1/veks', { id: vekId, channel: 'voice', ...FIRE, ...fields }, dispatcher);
    await call('POST', `/api/v1/veks/${vekId}/assignments`, { id: assignmentId, unitId }, dispatcher);
    return { vekId, assignmentId };
  }

  const milestones = async (vekId: string) =>
    (
      await call<{ assignments: { milestones: Record<string, Milestone> }[] }>(
        'GET',
        `/api/v1/veks/${vekId}`,
        undefined,
        dispatcher,
      )
    ).assignments[0]!.milestones;
  const unitStatus = async () =>
    (await call<{ status: string }>('GET', `/api/v1/units/${unitId}`, undefined, dispatcher)).status;
  /** The outcome reaches the phone some milliseconds before the API shows it. */
  const unitBecomes = (status: string) =>
    eventually(`unit ${status}`, async () => ((await unitStatus()) === status ? true : undefined));
  const feed = async (type: string) =>
    (await call<{ events: FeedEvent[] }>('GET', '/api/v1/feed?limit=1000', undefined, dispatcher)).events.filter(
      (event) => event.type === type && event.data.unitId === unitId,
    );

  const shot = (name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`) });
  const status = (name: string) => page.locator(`button[data-status="${name}"]`);
  const latest = () => page.locator('.presses li').first();
  const drive = async (longitude: number, latitude: number) => {
    await context.setGeolocation({ longitude, latitude, accuracy: 5 });
  };
  const holdSos = async (ms: number) => {
    const button = page.locator('button.sos');
    const box = (await button.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.waitForTimeout(ms);
    await page.mouse.up();
  };
  const speak = async (language: 'Latviešu' | 'English') => {
    await page.locator('nav button').nth(2).click();
    await page.getByRole('button', { name: language }).click();
    await page.locator('nav button').first().click();
  };
  /** Screenshots in both languages; the page ends in Latvian. */
  const shots = async (name: string) => {
    await shot(`${name}-lv`);
    await speak('English');
    await shot(`${name}-en`);
    await speak('Latviešu');
  };

  let vekId: string;
  /** Before and after the press. */
  let onScene: { readonly from: number; readonly to: number };

  const STORY: readonly (readonly [what: string, part: () => Promise<void>])[] = [
    [
      'takes the token from the fragment, and away from the address',
      async () => {
        await page.goto(`${url}/crew-app/`);
        await page.getByText('Ierīces atslēga', { exact: true }).waitFor();
        await shot('sign-on-lv');
        await page.getByLabel('Ierīces atslēga').fill('nav atslēga');
        await page.getByRole('button', { name: 'Pierakstīties' }).click();
        await page.getByRole('alert').getByText('Tā nav ierīces atslēga').waitFor();
        await page.goto('about:blank');
        await page.goto(`${url}/crew-app/#token=${token}`);
        await page.getByRole('heading', { name: 'R-101' }).waitFor();
        expect(page.url()).toBe(`${url}/crew-app/`);
        await page.getByText('Savienots ar centru').waitFor();
        await page.locator('header').getByText('depo').waitFor();
        // the service worker must have the page before the network may go
        await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
        await shots('idle');
      },
    ],
    [
      'reports what the sensor says, each fix once',
      async () => {
        await drive(24.1387, 56.9633);
        const live = await eventually('the unit in the live picture', async () => {
          const { units } = await call<{ units: { unitId: string; lon: number; lat: number }[] }>(
            'GET',
            '/api/v1/live',
            undefined,
            dispatcher,
          ).catch(() => ({ units: [] }));
          return units.find((each) => Math.abs(each.lon - 24.1387) < 1e-6);
        });
        expect(live.lat).toBeCloseTo(56.9633, 6);
      },
    ],
    [
      'shows an assignment with distance and direction, and accepts it',
      async () => {
        ({ vekId } = await assign({
          typeCode: 'fire.building',
          priority: 'P1',
          address: 'Brīvības iela 1, Rīga',
          summary: '5. stāvā pa logu nāk dūmi, iespējams, iekšā cilvēks',
        }));
        await page.getByText('Jauns norīkojums', { exact: true }).waitFor();
        await page
          .locator('.where strong')
          .getByText(/km uz dienvidrietumiem/)
          .waitFor();
        expect(await page.locator('a.navigate').getAttribute('href')).toMatch(/^geo:56\.946000,24\.105900\?q=/);
        await shots('assignment-new');
        await page.getByRole('button', { name: 'Pieņemts' }).click();
        await latest().getByText('saņemts centrā – dispečers to redz').waitFor();
        expect((await milestones(vekId)).acknowledged!.source).toBe('crew');
        await status('en_route').click();
        await page.locator('.presses li').first().getByText('ceļā', { exact: true }).waitFor();
        await latest().getByText('saņemts centrā – izpildīts').waitFor();
        await unitBecomes('en_route');
        await shots('assignment-en-route');
      },
    ],
    [
      'asks before it sends a status that is not possible now, and shows the hub’s refusal',
      async () => {
        await page.locator('.statuses summary').click();
        await status('off_duty').click();
        await page.getByText('Lemj centrs').waitFor();
        await shot('status-doubt-lv');
        await page.getByRole('button', { name: 'Sūtīt tomēr' }).click();
        await latest()
          .getByText(/netika pieņemts.*Var: notikuma vietā/)
          .waitFor();
        await shot('status-refused-lv');
        await page.locator('header').getByText('ceļā').waitFor();
      },
    ],
    [
      'keeps what is pressed without a network, over a reload, and says that it is only here',
      async () => {
        await context.setOffline(true);
        await page.getByText('Nav savienojuma').waitFor();
        const from = Date.now();
        await status('on_scene').click();
        await latest().getByText('glabājas telefonā').waitFor();
        onScene = { from, to: Date.now() };
        await drive(24.12, 56.95);
        await page.waitForTimeout(1500);
        await drive(24.106, 56.9461);
        await holdSos(100); // let go too early: nothing
        await page.waitForTimeout(300);
        expect(await page.locator('.sos-state').count()).toBe(0);
        await holdSos(1700);
        await page.locator('.sos-state').getByText('Vēl NAV nosūtīts').waitFor();
        await shots('offline-sos');
        await page.locator('.presses').scrollIntoViewIfNeeded();
        await shot('offline-queue-lv');
        await page.reload();
        await page.getByRole('heading', { name: 'R-101' }).waitFor();
        await page.locator('.sos-state').getByText('Vēl NAV nosūtīts').waitFor();
        await page.getByText('Brīvības iela 1, Rīga').waitFor();
        await page.waitForTimeout(3000);
        expect(await unitStatus()).toBe('en_route');
        expect(await feed('lv.vanags.unit.sos.v1')).toHaveLength(0);
      },
    ],
    [
      'sends it when the network is back: each once, with the time of the press',
      async () => {
        const backAt = Date.now();
        await context.setOffline(false);
        await page.locator('.sos-state').getByText('Trauksme pacelta centrā').waitFor();
        await page.getByText('Savienots ar centru').waitFor();
        await shots('sos-raised');
        const [sos, ...more] = await feed('lv.vanags.unit.sos.v1');
        expect(more).toEqual([]);
        expect(sos!.data.at).toBeGreaterThan(onScene.from);
        expect(sos!.data.at).toBeLessThan(backAt);
        expect(sos!.data.place!.source).toBe('device');
        await unitBecomes('on_scene');
        const { on_scene } = await milestones(vekId);
        expect(on_scene!.at).toBeGreaterThanOrEqual(onScene.from);
        expect(on_scene!.at).toBeLessThanOrEqual(onScene.to);
        expect(on_scene!.receivedAt).toBeGreaterThanOrEqual(backAt);
        const changes = await feed('lv.vanags.unit.status_changed.v1');
        expect(changes.filter((event) => (event.data as { to?: string }).to === 'on_scene')).toHaveLength(1);
        await page.getByRole('button', { name: 'Aizvērt' }).click();
        await page.locator('.sos-state').waitFor({ state: 'detached' });
      },
    ],
    [
      'writes to the dispatcher',
      async () => {
        await page.getByRole('button', { name: 'Ziņas' }).click();
        await page.getByLabel('Ziņa dispečeram').fill('Vajag vēl vienu cisternu');
        await page.getByRole('button', { name: 'Sūtīt' }).click();
        await page.locator('.messages li').getByText('saņemts centrā – nodota dispečeriem').waitFor();
        await shot('messages-lv');
        expect(await feed('lv.vanags.unit.message.v1')).toHaveLength(1);
        await page.getByRole('button', { name: 'Darbs' }).click();
      },
    ],
    [
      'says that an assignment was cancelled',
      async () => {
        await status('returning').click();
        await latest().getByText('saņemts centrā – izpildīts').waitFor();
        const { assignmentId } = await assign({
          typeCode: 'rescue.animal',
          priority: 'P4',
          address: 'Ganību dambis 3',
        });
        await page.getByText('Jauns norīkojums', { exact: true }).waitFor();
        await call('DELETE', `/api/v1/assignments/${assignmentId}`, undefined, dispatcher);
        await page.getByText('Norīkojums atcelts').waitFor();
        await shot('cancelled-lv');
        await page.getByRole('button', { name: 'Sapratu' }).click();
        await page.getByText('Norīkojuma nav').waitFor();
        await page.locator('header').getByText('brīvs').waitFor();
      },
    ],
    [
      'lets one tab talk',
      async () => {
        const other = await context.newPage();
        await other.goto(`${url}/crew-app/`);
        await other.getByText('Lapa jau ir atvērta citā cilnē').waitFor();
        await page.close();
        await other.getByRole('heading', { name: 'R-101' }).waitFor();
        page = other;
      },
    ],
    [
      'stops when another phone uses its token, and goes on when a person says so',
      async () => {
        const other = new WebSocket(`${url.replace('http', 'ws')}/crew`, ['vanags.crew.v1', `bearer.${token}`]);
        await new Promise((resolve) => other.once('open', resolve));
        await page.getByText('Šo atslēgu tagad lieto cits tālrunis').waitFor();
        await shot('fenced-lv');
        await page.getByRole('button', { name: 'Strādāt ar šo tālruni' }).click();
        await page.getByText('Savienots ar centru').waitFor();
        other.close();
      },
    ],
    [
      'fits a narrow phone, by day, with targets for gloves',
      async () => {
        await page.setViewportSize({ width: 360, height: 740 });
        await page.getByRole('button', { name: 'Ierīce' }).click();
        await shot('device-lv');
        await page.getByRole('button', { name: 'Diena' }).click();
        await page.getByRole('button', { name: 'Darbs' }).click();
        await shot('day-360-lv');
        const { wide, small } = await page.evaluate(() => ({
          wide: document.documentElement.scrollWidth > window.innerWidth,
          small: [...document.querySelectorAll('button, a, summary')]
            .filter((each) => each.getBoundingClientRect().height > 0 && each.getBoundingClientRect().height < 56)
            .map((each) => each.textContent),
        }));
        expect(wide).toBe(false);
        expect(small).toEqual([]);
      },
    ],
    [
      'signs off and forgets',
      async () => {
        await page.getByRole('button', { name: 'Ierīce' }).click();
        await page.getByRole('button', { name: 'Izrakstīties no šī tālruņa' }).click();
        await page.getByRole('button', { name: 'Jā, izrakstīties' }).click();
        await page.getByText('Ierīces atslēga', { exact: true }).waitFor();
        const left = await page.evaluate(async () => ({
          token: localStorage.getItem('vanags.crew.token'),
          stores: (await indexedDB.databases()).map(({ name }) => name),
        }));
        expect(left).toEqual({ token: null, stores: [] });
        expect(problems).toEqual([]);
      },
    ],
  ];

  tellStory(setStage, STORY, BOUND_MS);
});

async function eventually<T>(what: string, ask: () => Promise<T | undefined>, limitMs = PATIENCE_MS): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
