/** A ring of plane positions, the first repeated at the end. */
type Ring = readonly (readonly [x: number, y: number])[];

/** Twice the signed area; positive anticlockwise. */
export function doubleArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i++) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return sum;
}

/** Whether a place is inside an odd number of rings. Undefined on a ring itself: ask for places off it. */
export function isInside(rings: readonly Ring[], [x, y]: readonly [number, number]): boolean {
  let odd = false;
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i++) {
      const [ax, ay] = ring[i];
      const [bx, by] = ring[i + 1];
      if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
    }
  }
  return odd;
}

/**
 * What RFC 7946 and plain sense have against polygons, or undefined: rings that are open, short, turned the wrong way, that meet
 * themselves or another one, holes outside of their polygon, polygons inside of one another. `seam` is an x where two may touch.
 */
export function polygonFault(polygons: readonly (readonly Ring[])[], seam: readonly number[] = []): string | undefined {
  for (const [p, rings] of polygons.entries()) {
    for (const [r, ring] of rings.entries()) {
      const name = `ring ${r} of polygon ${p}`;
      const last = ring[ring.length - 1];
      if (ring.length < 4) return `${name} has ${ring.length} positions`;
      if (ring[0][0] !== last[0] || ring[0][1] !== last[1]) return `${name} is open`;
      const area = doubleArea(ring);
      if (!(r === 0 ? area > 0 : area < 0)) return `${name} is turned the wrong way: ${area}`;
      if (r > 0 && !ring.slice(1).every((position) => isInside([rings[0]], position)))
        return `${name} is no hole of it`;
      for (const [q, others] of polygons.entries()) {
        if (q !== p && isInside(others, ring[0])) return `${name} lies in polygon ${q}`;
      }
    }
  }
  return crossing(polygons, seam);
}

function crossing(polygons: readonly (readonly Ring[])[], seam: readonly number[]): string | undefined {
  const edges = polygons.flatMap((rings, p) =>
    rings.flatMap((ring, r) => ring.slice(1).map((b, i) => ({ a: ring[i], b, p, r, i, count: ring.length - 1 }))),
  );
  for (let m = 0; m < edges.length; m++) {
    for (let n = m + 1; n < edges.length; n++) {
      const e = edges[m];
      const f = edges[n];
      const sameRing = e.p === f.p && e.r === f.r;
      if (sameRing && (f.i === e.i + 1 || (e.i === 0 && f.i === f.count - 1))) continue; // neighbours
      if (!touch(e.a, e.b, f.a, f.b)) continue;
      if (e.p !== f.p && seam.some((x) => [e.a, e.b, f.a, f.b].some((end) => end[0] === x))) continue;
      return `ring ${e.r} of polygon ${e.p} meets ring ${f.r} of polygon ${f.p} at ${e.a} – ${e.b} and ${f.a} – ${f.b}`;
    }
  }
  return undefined;
}

type At = readonly [x: number, y: number];

/** Whether two straight pieces have a place in common. */
function touch(a: At, b: At, c: At, d: At): boolean {
  const side = (p: At, q: At, r: At) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  if (Math.max(a[0], b[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(a[0], b[0])) return false;
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false;
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}
