// A fixed number of places for what may run at the same time; who finds none free waits in line.

/** Gives a place back; further calls do nothing. */
export type Release = () => void

/** Hands out places in the order in which they were asked for. */
export interface Places {
  /** Waits for a free place. Rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal): Promise<Release>
}

/** @param count how many places there are, at least 1 */
export function createPlaces(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()

  function place(): Release {
    let held = true
    return () => {
      if (!held) return
      held = false
      const [first] = waiting
      if (first) first()
      else free += 1
    }
  }

  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        if (free > 0) {
          free -= 1
          return resolve(place())
        }
        const enter = () => {
          waiting.delete(enter)
          signal.removeEventListener('abort', leave)
          resolve(place())
        }
        const leave = () => {
          waiting.delete(enter)
          reject(signal.reason)
        }
        waiting.add(enter)
        signal.addEventListener('abort', leave, { once: true })
      }),
  }
}
