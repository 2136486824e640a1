// The conformance kit tests what every plugin must do; below it stand the tests of what this one does.
import assert from 'node:assert/strict'
import { Secret } from 'dockwarden/plugin'
import { conformance, testHost, testRequest } from 'dockwarden/testing'
import plugin from './index.ts'

const ENDS = '2030-06-30T18:00:00Z'
const options = { code: new Secret('blue-whale-42'), ends: ENDS, labels: { group: 'guests' } }

/** A host whose clock stands. */
const hostAt = (time: string) => testHost({ clock: { now: () => Date.parse(time) } })

conformance(plugin, {
  host: () => hostAt('2030-06-30T10:00:00Z'),
  options: () => options,
  invalid: [
    { options: { ...options, ends: 'tomorrow' }, path: 'ends', message: /is no date and time/ },
    { options: { ...options, prefix: '' }, path: 'prefix', message: /must not be empty/ },
    { options: { ends: ENDS }, path: 'code', message: /!env NAME/ },
  ],
  accepts: [{ account: 'guest-ann', password: 'blue-whale-42', labels: { group: ['guests'] } }],
  rejects: [{ account: 'guest-ann', password: 'red-whale-42' }],
  passes: [{ account: 'ann', password: 'blue-whale-42' }],
})

describe('voucher', () => {
  const login = { kind: 'password', account: 'guest-ann', password: new Secret('blue-whale-42') } as const

  for (const [time, expected] of [
    ['2030-06-30T17:59:59Z', 'accept'],
    ['2030-06-30T18:00:00Z', 'reject'],
  ] as const) {
    it(`answers a guest with ${expected} at ${time}, at login and at refresh`, async () => {
      const instance = await plugin.create(plugin.options.parse(options), hostAt(time))
      const first = await instance.authenticate(login, testRequest())
      const again = await instance.refresh!({ account: login.account, labels: {} }, testRequest())
      assert.deepEqual([first.outcome, again.outcome], [expected, expected])
    })
  }
})
