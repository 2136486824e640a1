// The places where work waits for its turn.
import type { Registry } from 'prom-client'
import type { PlaceCounts } from '../work/place.ts'
import { pullCounter, pullGauge, type Sample } from './pulled.ts'

/** More share one: each backend has a place, and who configures so many of them looks at the sum. */
const MOST_NAMES = 100
const OTHERS = 'others'

type Count = Exclude<keyof PlaceCounts, 'name'>

/** @param counts of all places; those of one name are added up */
export function measurePlaces(registry: Registry, counts: () => readonly PlaceCounts[]): void {
  const labelNames = ['place']
  const read =
    (count: Count, unit = 1) =>
    (): Iterable<Sample> => {
      const sums = new Map<string, number>()
      for (const place of counts()) {
        const name = sums.has(place.name) || sums.size < MOST_NAMES ? place.name : OTHERS
        sums.set(name, (sums.get(name) ?? 0) + place[count] * unit)
      }
      return [...sums].map(([place, sum]) => [{ place }, sum])
    }
  const gauge = (name: string, help: string, count: Count) =>
    pullGauge(registry, { name, help, labelNames }, read(count))
  const counter = (name: string, help: string, count: Count, unit?: number) =>
    pullCounter(registry, { name, help, labelNames }, read(count, unit))

  gauge('dockwarden_place_size', 'How much work is done at once in a place.', 'size')
  gauge('dockwarden_place_running', 'Work that is being done.', 'running')
  gauge('dockwarden_place_waiting', 'Work that waits for its turn.', 'waiting')
  counter('dockwarden_place_begun_total', 'Work that was begun.', 'begun')
  counter('dockwarden_place_refused_total', 'Work that was refused, since the line was too long.', 'refused')
  counter(
    'dockwarden_place_left_total',
    'Work that left the line: its time was over, or its client gone.',
    'left',
  )
  const [waited, worked] = [
    'How long work has waited for its turn, all of it together.',
    'How long work has taken that is done, all of it together.',
  ]
  counter('dockwarden_place_waited_seconds_total', waited, 'waited', 1 / 1_000)
  counter('dockwarden_place_worked_seconds_total', worked, 'worked', 1 / 1_000)
}
