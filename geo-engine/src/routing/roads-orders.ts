import type { SpeedOverlay } from '../graph/speed-overlay.js';
import type { PreparedProfile } from './prepared-profile.js';
import { Roads, type RoadsData } from './roads.js';

/** What a thread is told so that its roads are those of the keeper: plain values, the large ones on shared memory. */
export type RoadsOrder =
  /** Another network, on which no closures are in force yet. */
  | { readonly kind: 'use'; readonly data: RoadsData }
  /** What was made anew for one profile; its closures are told again. */
  | { readonly kind: 'profile'; readonly prepared: PreparedProfile }
  | { readonly kind: 'in_force'; readonly profile: string; readonly inForce: SpeedOverlay };

/** Carries an order out, in a thread of its own: the roads that it leads to. The first order of all is `use`. */
export function roadsAfter(order: RoadsOrder, roads: Roads | undefined): Roads {
  switch (order.kind) {
    case 'use':
      return new Roads(order.data);
    case 'profile':
      roads!.setProfile(order.prepared);
      return roads!;
    case 'in_force':
      roads!.setInForce(order.profile, order.inForce);
      return roads!;
  }
}

/** Passes orders on to whoever follows the roads, and keeps what one that comes later must be told. */
export class RoadsOrders {
  #data: RoadsData;
  readonly #inForce = new Map<string, SpeedOverlay>();
  readonly #followers = new Set<(order: RoadsOrder) => void>();

  constructor(data: RoadsData) {
    this.#data = data;
  }

  /** Orders after which a thread without roads has those of now. */
  *soFar(): Generator<RoadsOrder> {
    yield { kind: 'use', data: this.#data };
    for (const [profile, inForce] of this.#inForce) yield { kind: 'in_force', profile, inForce };
  }

  /** Told each order from now on. */
  follow(follower: (order: RoadsOrder) => void): void {
    this.#followers.add(follower);
  }

  give(order: RoadsOrder): void {
    if (order.kind === 'use') {
      this.#data = order.data;
      this.#inForce.clear();
    } else if (order.kind === 'profile') {
      const { prepared } = order;
      const others = this.#data.profiles.filter(({ profile }) => profile.code !== prepared.profile.code);
      this.#data = { ...this.#data, profiles: [...others, prepared] };
      this.#inForce.delete(prepared.profile.code);
    } else this.#inForce.set(order.profile, order.inForce);
    for (const follower of this.#followers) follower(order);
  }
}
