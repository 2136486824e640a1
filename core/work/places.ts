// All the places of a server, so that they can be closed together and counted.
import type { PlaceOptions, Places } from '../plugin.ts'
import { FairPlace, type PlaceCounts } from './place.ts'

/** The places of one server. */
export class WorkPlaces implements Places {
  readonly #places = new Set<FairPlace>()
  readonly #share: number

  /** @param share among so many processes the places are divided: each has at least one */
  constructor(share = 1) {
    this.#share = share
  }

  open(options: PlaceOptions): FairPlace {
    const { name, size } = options
    if (!(size >= 1))
      throw new RangeError(
        `host.places.open({ name: ${JSON.stringify(name)} }): size must be a number from 1 on`,
      )
    const place = new FairPlace({ ...options, size: Math.max(1, Math.floor(size / this.#share)) })
    this.#places.add(place)
    return place
  }

  /** Places of one user, which end with it. */
  scope(): Places & { close(): void } {
    const own = new Set<FairPlace>()
    return {
      open: (options) => {
        const place = this.open(options)
        own.add(place)
        return place
      },
      close: () => {
        for (const place of own) {
          place.close()
          this.#places.delete(place)
        }
        own.clear()
      },
    }
  }

  /** What each place does, in the order in which they were opened. */
  counts(): PlaceCounts[] {
    return [...this.#places].map((place) => place.counts())
  }

  /** Refuses whoever waits anywhere: the server stops. */
  close(): void {
    for (const place of this.#places) place.close()
  }
}
