import { describe, expect, it } from 'vitest';
import { STEADY } from '../../test/drawn-roads.js';
import { type DrawnStreet, type DrawnTown, drawTown } from '../../test/drawn-town.js';
import { createRoads } from '../../test/prepared-roads.js';
import { CENTRES } from '../../test/random.js';
import { ROAD_CLASS, SEGMENT_FLAG } from '../roads/road-network.js';
import type { Manoeuvre, Route } from './router.js';

type Places = Record<string, readonly [number, number]>;

/** STEADY drives 100 ms a metre; places are snapped with no way off the road. */
function routeOn(town: DrawnTown, from: string | [number, number], to: string | [number, number]): Route {
  const at = (place: string | [number, number]) => ({
    at: typeof place === 'string' ? town.at(place) : town.place(...place),
  });
  const answer = createRoads(town.network, STEADY).route({ from: at(from), to: at(to), profile: 'steady' });
  if (answer.kind !== 'route') throw new Error(`no route: ${answer.code}`);
  return answer;
}

function said({ kind, ...rest }: Manoeuvre): string {
  return [kind, ...Object.values(rest)].join(' ');
}

function steps(
  origin: keyof typeof CENTRES,
  places: Places,
  streets: DrawnStreet[],
  from: string,
  to: string,
): string[] {
  const route = routeOn(drawTown(CENTRES[origin], places, streets), from, to);
  return route.steps.map(
    ({ manoeuvre, name, ref, distanceM }) => `${said(manoeuvre)}: ${ref}${name} ${Math.round(distanceM)} m`,
  );
}

describe('routes in drawn towns', () => {
  //   A---x---B      x, y half-way
  //           y
  //           C
  const CORNER = drawTown(CENTRES.riga, { A: [0, 0], B: [400, 0], C: [400, -300] }, [
    { way: 'A-B', name: 'Garā iela' },
    { way: 'B-C', name: 'Īsā iela' },
  ]);

  it('G61 parts of segments take their share of the time, and the whole adds up', () => {
    const route = routeOn(CORNER, [100, 0], [400, -60]);
    expect(route.distanceM).toBeCloseTo(360, 0);
    expect(Math.abs(route.travelMs - 36_000)).toBeLessThan(30); // coordinates are whole centimetres
    expect(route.line.length).toBe(3);
    const back = routeOn(CORNER, [400, -60], [100, 0]);
    expect(Math.abs(back.travelMs - route.travelMs)).toBeLessThanOrEqual(2);
    expect(
      [...back.line]
        .reverse()
        .flat()
        .map((degrees) => degrees.toFixed(6)),
    ).toEqual(route.line.flat().map((degrees) => degrees.toFixed(6)));
  });

  it('G61 along one segment nobody drives to its end and back', () => {
    const route = routeOn(CORNER, [100, 0], [250, 0]);
    expect(route.distanceM).toBeCloseTo(150, 0);
    expect(route.steps.map(({ manoeuvre }) => said(manoeuvre))).toEqual(['depart', 'arrive']);
    const nowhere = routeOn(CORNER, [100, 0], [100, 0]);
    expect([nowhere.travelMs, nowhere.distanceM, nowhere.line.length]).toEqual([0, 0, 2]);
  });

  it('G61 in a one-way street, behind is all the way round', () => {
    //   A>>>B
    //   ^   v     100 m a side
    //   D<<<C
    const town = drawTown(CENTRES.riga, { A: [0, 0], B: [100, 0], C: [100, -100], D: [0, -100] }, [
      { way: 'A>B>C>D>A' },
    ]);
    expect(routeOn(town, [20, 0], [80, 0]).distanceM).toBeCloseTo(60, 0);
    expect(routeOn(town, [80, 0], [20, 0]).distanceM).toBeCloseTo(340, 0);
  });

  it('G63 a turn is told with the road behind it, its length and its directions', () => {
    const { steps: told } = routeOn(CORNER, [100, 0], [400, -60]);
    expect(told.map(({ manoeuvre, name }) => `${said(manoeuvre)}: ${name}`)).toEqual([
      'depart: Garā iela',
      'turn right: Īsā iela',
      'arrive: Īsā iela',
    ]);
    expect(told.map(({ distanceM }) => Math.round(distanceM))).toEqual([300, 60, 0]);
    expect(told.map(({ bearingBeforeDeg }) => bearingBeforeDeg && Math.round(bearingBeforeDeg))).toEqual([
      null,
      90,
      180,
    ]);
    expect(told.map(({ bearingAfterDeg }) => bearingAfterDeg && Math.round(bearingAfterDeg))).toEqual([90, 180, null]);
    expect(told.map(({ fromPosition }) => fromPosition)).toEqual([0, 1, 2]);
  });

  //        N
  //    NW  |  NE
  //      \\ | /
  //  W-----X-----E
  //      / | \\
  //    SW  |  SE
  //        S
  const STAR: Places = {
    X: [0, 0],
    N: [0, 200],
    E: [200, 0],
    S: [0, -200],
    W: [-200, 0],
    A: [140, 140],
    B: [140, -140],
    C: [-140, -140],
    D: [-140, 140],
  };
  const RAYS = 'NESWABCD'.split('').map((end) => ({ way: `X-${end}`, name: end }));
  it.each([
    ['N', 'continue straight'],
    ['A', 'turn right'],
    ['E', 'turn right'],
    ['B', 'turn sharp_right'],
    ['C', 'turn sharp_left'],
    ['W', 'turn left'],
    ['D', 'turn left'],
  ])('G63 from the south to %s is "%s"', (to, expected) => {
    // A and D lie at 45 degrees exactly: rounding of coordinates may make them slight
    const [, manoeuvre] = steps('west of Greenwich', STAR, RAYS, 'S', to)[1].match(/^(.*):/)!;
    expect(manoeuvre.replace('slight_', '')).toBe(expected);
  });

  it('G63 a road that bends is told once, and so is one that others only meet', () => {
    //  A---B---C---D       one name throughout; D-E bends by 50 degrees; F meets at C
    //          |    \\
    //          F     E
    const places: Places = { A: [0, 0], B: [200, 0], C: [400, 0], D: [600, 0], E: [730, -150], F: [400, -200] };
    expect(steps('riga', places, [{ way: 'A-B-C-D-E', name: 'Ceļš' }, { way: 'C-F' }], 'A', 'E')).toEqual([
      'depart: Ceļš 798 m',
      'arrive: Ceļš 0 m',
    ]);
  });

  it('G63 another name is told even where the road just goes on', () => {
    const places: Places = { A: [0, 0], B: [200, 0], C: [400, 0] };
    expect(
      steps(
        'riga',
        places,
        [
          { way: 'A-B', name: 'Pirmā' },
          { way: 'B-C', name: 'Otrā' },
        ],
        'A',
        'C',
      ),
    ).toEqual(['depart: Pirmā 200 m', 'continue straight: Otrā 200 m', 'arrive: Otrā 0 m']);
  });

  it('G63 a fork says which side', () => {
    //            C
    //   A---B <        both 25 degrees off
    //            D
    const places: Places = { A: [0, 0], B: [200, 0], C: [400, 93], D: [400, -93] };
    const streets = [
      { way: 'A-B', ref: 'P1' },
      { way: 'B-C', ref: 'P1' },
      { way: 'B-D', ref: 'P2' },
    ];
    expect(steps('riga', places, streets, 'A', 'C')[1]).toMatch(/^turn slight_left: P1 /);
    expect(steps('riga', places, streets, 'A', 'D')[1]).toMatch(/^turn slight_right: P2 /);
  });

  it('G63 turning back is told', () => {
    // a moving vehicle: the only way to C begins behind it
    const town = drawTown(CENTRES.riga, { A: [0, 0], B: [300, 0] }, [{ way: 'A-B', name: 'Strupceļš' }]);
    const roads = createRoads(town.network, STEADY);
    const answer = roads.route({
      from: { at: town.place(200, 0), headingDeg: 90, speedMps: 10 },
      to: { at: town.place(100, 0) },
      profile: 'steady',
    }) as Route;
    expect(answer.steps.map(({ manoeuvre, distanceM }) => `${said(manoeuvre)} ${Math.round(distanceM)}`)).toEqual([
      'depart 100',
      'turn u_turn 200',
      'arrive 0',
    ]);
  });

  //          N                 a roundabout, driven anticlockwise: a, b, c, d are its ends
  //          c
  //     W  d   b  E
  //          a
  //          S
  const ROUND: Places = {
    S: [0, -150],
    a: [0, -20],
    b: [20, 0],
    c: [0, 20],
    d: [-20, 0],
    E: [150, 0],
    N: [0, 150],
    W: [-150, 0],
  };
  const ROUNDABOUT: DrawnStreet[] = [
    { way: 'a>b>c>d>a', flags: SEGMENT_FLAG.roundabout },
    { way: 'S-a', name: 'Dienvidu' },
    { way: 'b-E', name: 'Austrumu' },
    { way: 'c-N', name: 'Ziemeļu' },
    { way: 'd-W', name: 'Rietumu' },
  ];
  it.each([
    ['S', 'E', 1, 'Austrumu'],
    ['S', 'N', 2, 'Ziemeļu'],
    ['S', 'W', 3, 'Rietumu'],
    ['E', 'S', 3, 'Dienvidu'],
    ['W', 'S', 1, 'Dienvidu'],
  ])(
    'G63 a roundabout is one step up to the road behind its exit: from %s to %s by number %d',
    (from, to, exit, name) => {
      const { steps: told } = routeOn(drawTown(CENTRES.riga, ROUND, ROUNDABOUT), from, to);
      expect(told.slice(1).map(({ manoeuvre, name: road }) => `${said(manoeuvre)}: ${road}`)).toEqual([
        `roundabout ${exit}: ${name}`,
        `arrive: ${name}`,
      ]);
    },
  );

  it('G63 a drive that ends on a roundabout leaves it by no exit', () => {
    const town = drawTown(CENTRES.riga, ROUND, ROUNDABOUT);
    expect(routeOn(town, 'S', [14, 14]).steps.map(({ manoeuvre }) => said(manoeuvre))).toEqual([
      'depart',
      'roundabout ',
      'arrive',
    ]);
  });

  it('G63 a ferry is told, and the road behind it', () => {
    const places: Places = { A: [0, 0], B: [200, 0], C: [900, 0], D: [1100, 0] };
    const streets: DrawnStreet[] = [
      { way: 'A-B', name: 'Krasta' },
      { way: 'B-C', name: 'Pārceltuve', flags: SEGMENT_FLAG.ferry, roadClass: ROAD_CLASS.ferry },
      { way: 'C-D', name: 'Sala' },
    ];
    expect(steps('the antimeridian', places, streets, 'A', 'D')).toEqual([
      'depart: Krasta 200 m',
      'ferry: Pārceltuve 700 m',
      'continue straight: Sala 200 m',
      'arrive: Sala 0 m',
    ]);
  });
});
