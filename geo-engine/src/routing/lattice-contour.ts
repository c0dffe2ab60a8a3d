/** Whether each point of a lattice is inside. Row by row from the south, each row from the west; the outermost points are outside. */
export interface Lattice {
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array; // [width × height] 1 inside, 0 outside
}

/** A closed ring in half steps of the lattice: x, y in turn, first position repeated at the end. */
export type HalfStepRing = number[];

/** An outer ring, anticlockwise, and the rings of its holes, clockwise. */
export interface HalfStepPolygon {
  readonly outer: HalfStepRing;
  readonly holes: readonly HalfStepRing[];
}

// sides of a square of four lattice points
const SOUTH = 0;
const EAST = 1;
const NORTH = 2;
const WEST = 3;
const SIDES = 'SENW';
const NO_WAY = 4;
/** Middle of each side in half steps from the square's south-west corner. */
const MIDDLE_X = [1, 2, 1, 0];
const MIDDLE_Y = [0, 1, 2, 1];

/**
 * By which side the line leaves a square, [corners inside × side it came in by]; what is inside stays on its left. Corners are bits:
 * south-west 1, south-east 2, north-east 4, north-west 8. Two opposite corners alone are not joined.
 */
const LEAVES_BY = Uint8Array.from(
  [
    ['', '', '', ''],
    ['W', '', '', ''],
    ['', 'S', '', ''],
    ['', 'W', '', ''],
    ['', '', 'E', ''],
    ['W', '', 'E', ''],
    ['', '', 'S', ''],
    ['', '', 'W', ''],
    ['', '', '', 'N'],
    ['N', '', '', ''],
    ['', 'S', '', 'N'],
    ['', 'N', '', ''],
    ['', '', '', 'E'],
    ['E', '', '', ''],
    ['', '', '', 'S'],
    ['', '', '', ''],
  ].flat(),
  (side) => (side === '' ? NO_WAY : SIDES.indexOf(side)),
);

/**
 * Outlines of what is inside: every line runs through the middles between inside and outside neighbours. Each middle is used once, so
 * no ring meets itself or another. A hole stands with the outer ring that it is in.
 * Source: Maple, "Geometric design and space planning using the marching squares and marching cube algorithms", GMAG 2003, p. 90.
 */
export function latticeContours(lattice: Lattice): HalfStepPolygon[] {
  const { width, height, inside } = lattice;
  const part = insideParts(lattice);
  const traced = new Uint8Array(inside.length); // by the inside point west of where a ring went north
  const outers = new Map<number, { outer: HalfStepRing; holes: HalfStepRing[] }>();
  const holes: [part: number, ring: HalfStepRing][] = [];
  // every ring goes north somewhere, with an inside point to its west
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (inside[at] === 0 || inside[at + 1] !== 0 || traced[at] !== 0) continue;
      const ring = trace(lattice, x, y, traced);
      if (doubleArea(ring) > 0) outers.set(part[at], { outer: ring, holes: [] });
      else holes.push([part[at], ring]);
    }
  }
  for (const [owner, ring] of holes) outers.get(owner)!.holes.push(ring);
  return [...outers.values()];
}

/** Follows the line that goes north between inside point (x, y) and its outside neighbour to the east, once round. */
function trace({ width, inside }: Lattice, x: number, y: number, traced: Uint8Array): HalfStepRing {
  const ring: HalfStepRing = [];
  // the square north-east of the point; its south side is where the line comes in
  let squareX = x;
  let squareY = y;
  let side = SOUTH;
  let stepX = 0; // the last step in half steps, so that a straight run keeps its ends only
  let stepY = 0;
  for (;;) {
    const at = squareY * width + squareX;
    if (side === SOUTH) {
      if (traced[at] !== 0) break;
      traced[at] = 1;
    }
    const corners = inside[at] | (inside[at + 1] << 1) | (inside[at + width + 1] << 2) | (inside[at + width] << 3);
    const leaves = LEAVES_BY[corners * 4 + side];
    if (leaves === NO_WAY)
      throw new Error(`no line enters square ${squareX}, ${squareY} with corners ${corners} by side ${side}`);
    const dx = MIDDLE_X[leaves] - MIDDLE_X[side];
    const dy = MIDDLE_Y[leaves] - MIDDLE_Y[side];
    if (dx !== stepX || dy !== stepY) ring.push(2 * squareX + MIDDLE_X[side], 2 * squareY + MIDDLE_Y[side]);
    stepX = dx;
    stepY = dy;
    if (leaves === SOUTH) squareY--;
    else if (leaves === NORTH) squareY++;
    else if (leaves === EAST) squareX++;
    else if (leaves === WEST) squareX--;
    side = leaves ^ 2; // out by the north is in by the south
  }
  ring.push(ring[0], ring[1]);
  return ring;
}

/** Twice the signed area in squared half steps; positive anticlockwise. */
function doubleArea(ring: HalfStepRing): number {
  let sum = 0;
  for (let i = 0; i + 3 < ring.length; i += 2) sum += ring[i] * ring[i + 3] - ring[i + 2] * ring[i + 1];
  return sum;
}

/** A number for each point, equal for inside points that hang together north-south and east-west. [width × height] */
function insideParts({ width, height, inside }: Lattice): Uint32Array {
  const parent = new Uint32Array(inside.length);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (inside[at] === 0) continue;
      const west = inside[at - 1] !== 0;
      parent[at] = west ? parent[at - 1] : at;
      if (inside[at - width] !== 0) {
        const root = rootOf(parent, at - width);
        if (west) parent[Math.max(root, rootOf(parent, at - 1))] = Math.min(root, rootOf(parent, at - 1));
        parent[at] = rootOf(parent, root);
      }
    }
  }
  for (let at = 0; at < parent.length; at++) if (inside[at] !== 0) parent[at] = parent[parent[at]];
  return parent;
}

function rootOf(parent: Uint32Array, at: number): number {
  let root = at;
  while (parent[root] !== root) root = parent[root];
  // halve the way for the next who asks
  while (parent[at] !== root) {
    const above = parent[at];
    parent[at] = root;
    at = above;
  }
  return root;
}
