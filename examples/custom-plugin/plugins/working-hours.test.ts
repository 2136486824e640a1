// Run with: node --test examples/custom-plugin/plugins/*.test.ts (README.md)
import { describe, it } from 'node:test'
import { conformance, testHost } from 'dockwarden/testing'
import plugin from './working-hours.ts'

const cases = [
  ['2026-01-05T07:59:59Z', 'working', 'a Monday, 8:59 in Berlin'],
  ['2026-01-05T06:59:59Z', 'off', 'a Monday, 7:59 in Berlin'],
  ['2026-01-05T17:00:00Z', 'off', 'a Monday, 18:00 in Berlin'],
  ['2026-01-04T23:30:00Z', 'off', 'a Monday, 0:30 in Berlin'],
  ['2026-01-04T10:00:00Z', 'off', 'a Sunday'],
] as const

for (const [time, expected, what] of cases) {
  describe(what, () => {
    conformance(plugin, {
      runner: { describe, it },
      options: () => ({ time_zone: 'Europe/Berlin' }),
      host: () => testHost({ clock: { now: () => Date.parse(time) } }),
      invalid: [{ options: { time_zone: 'Berlin' }, path: 'time_zone', message: /Europe\/Berlin/ }],
      labels: [{ identity: { account: 'bob' }, expect: { hours: [expected] } }],
    })
  })
}
