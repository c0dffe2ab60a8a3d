import { sharedUint32 } from '../roads/shared-array.js';

/** Which nodes reach each other. */
export interface Components {
  readonly component: Uint32Array; //     [nodes] 0 is the largest, then by size, ties by lowest node
  readonly componentSize: Uint32Array; // [components] nodes in it
}

/** Arcs in compressed sparse rows: those of n are firstArc[n] up to, not including, firstArc[n + 1]. */
export interface ArcRows {
  readonly nodeCount: number;
  readonly firstArc: Uint32Array; // [nodes + 1]
  readonly arcHead: Uint32Array; //  [arcs]
}

/**
 * Strongly connected components in time and memory linear in nodes and arcs, without recursion: a country is deeper than the stack.
 * Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1(2), 1972, pp. 146-160.
 */
export function stronglyConnected(graph: ArcRows): Components {
  const found = new Uint32Array(graph.nodeCount);
  const count = findComponents(graph, found);
  return numberBySize(found, count);
}

/** Writes a number of its component for each node into out [nodes], in the order in which they are closed; returns how many. */
function findComponents({ nodeCount, firstArc, arcHead }: ArcRows, out: Uint32Array): number {
  const UNSEEN = 0;
  const COMPLETE = 0xffffffff; // lowest of a node whose component is known: above every number, so it lowers nobody
  const number = new Uint32Array(nodeCount); // [nodes] 1, 2, … in order of discovery
  const lowest = new Uint32Array(nodeCount); // [nodes] least number of an open node known to be reachable
  const nextArc = firstArc.slice(0, nodeCount); // [nodes] first arc not yet followed
  const open = new Uint32Array(nodeCount); // stack of nodes whose component is not complete
  const path = new Uint32Array(nodeCount); // stack of nodes whose arcs are being followed
  let openCount = 0;
  let pathCount = 0;
  let discovered = 0;
  let components = 0;
  for (let root = 0; root < nodeCount; root++) {
    if (number[root] !== UNSEEN) continue;
    path[pathCount++] = root;
    while (pathCount > 0) {
      const node = path[pathCount - 1];
      if (number[node] === UNSEEN) {
        number[node] = lowest[node] = ++discovered;
        open[openCount++] = node;
      }
      // follow arcs until one leads to a node not seen yet
      let low = lowest[node];
      let arc = nextArc[node];
      let deeper = false;
      for (const end = firstArc[node + 1]; arc < end && !deeper; arc++) {
        const head = arcHead[arc];
        if (number[head] === UNSEEN) {
          path[pathCount++] = head;
          deeper = true;
        } else if (lowest[head] < low) low = lowest[head];
      }
      lowest[node] = low;
      // the arc just followed is looked at again on return, when its head's lowest is known
      nextArc[node] = deeper ? arc - 1 : arc;
      if (deeper) continue;
      pathCount--;
      if (low < number[node]) continue;
      // the node reaches nobody older: what was opened since it is its component
      for (let member = -1; member !== node; ) {
        member = open[--openCount];
        lowest[member] = COMPLETE;
        out[member] = components;
      }
      components++;
    }
  }
  return components;
}

function numberBySize(found: Uint32Array, count: number): Components {
  // first by lowest node …
  const byLowest = new Uint32Array(count); // [components as found] rank + 1 by lowest node, 0 not met yet
  const size = new Uint32Array(count); //     [rank by lowest node]
  let ranks = 0;
  for (const c of found) {
    if (byLowest[c] === 0) byLowest[c] = ++ranks;
    size[byLowest[c] - 1]++;
  }
  // … then by size, keeping that order among equals
  const bySize = Uint32Array.from(size.keys()).sort((a, b) => size[b] - size[a] || a - b);
  const componentSize = sharedUint32(count);
  const rank = new Uint32Array(count); // [rank by lowest node] final number
  bySize.forEach((c, i) => {
    rank[c] = i;
    componentSize[i] = size[c];
  });
  const component = sharedUint32(found.length);
  for (let node = 0; node < found.length; node++) component[node] = rank[byLowest[found[node]] - 1];
  return { component, componentSize };
}
