// `host.metrics`: what is checked before anybody collects, and what a test of a plugin sees.
import { expect } from 'chai'
import type { Metrics } from '../../../core/plugin.ts'
import { COLLECT_NOTHING, createMetrics } from '../../../core/services/metrics.ts'
import { testHost } from '../../../core/testing/index.ts'

const help = 'A sentence.'

describe('host.metrics', () => {
  it('hands each value on, with its labels', () => {
    const host = testHost()
    const lookups = host.metrics.counter({ name: 'lookups_total', help, labels: ['outcome'] })
    const people = host.metrics.gauge({ name: 'people', help })
    const time = host.metrics.histogram({ name: 'lookup_seconds', help, buckets: [0.1, 1] })
    lookups.add(1, { outcome: 'found' })
    lookups.add(2, { outcome: 'none' })
    people.set(-3)
    time.observe(0.25)
    expect(host.measured).deep.equal([
      { name: 'lookups_total', value: 1, labels: { outcome: 'found' } },
      { name: 'lookups_total', value: 2, labels: { outcome: 'none' } },
      { name: 'people', value: -3, labels: {} },
      { name: 'lookup_seconds', value: 0.25, labels: {} },
    ])
  })

  for (const [what, open, message] of [
    ['a name with capitals', (m: Metrics) => m.gauge({ name: 'Lookups', help }), /lower case/],
    ['a name with a hyphen', (m: Metrics) => m.gauge({ name: 'look-ups', help }), /lower case/],
    ['a counter without _total', (m: Metrics) => m.counter({ name: 'lookups', help }), /ends in _total/],
    [
      'another with it',
      (m: Metrics) => m.gauge({ name: 'lookups_total', help }),
      /only the name of a counter/,
    ],
    ['no help', (m: Metrics) => m.gauge({ name: 'people', help: '' }), /write a sentence/],
    [
      'a label of the host',
      (m: Metrics) => m.gauge({ name: 'people', help, labels: ['plugin'] }),
      /none of plugin/,
    ],
    ['a label twice', (m: Metrics) => m.gauge({ name: 'people', help, labels: ['a', 'a'] }), /twice/],
    ['five labels', (m: Metrics) => m.gauge({ name: 'people', help, labels: [...'abcde'] }), /more than 4/],
    ['falling buckets', (m: Metrics) => m.histogram({ name: 'seconds', help, buckets: [1, 1] }), /must rise/],
    ['no buckets', (m: Metrics) => m.histogram({ name: 'seconds', help, buckets: [] }), /must rise/],
    ['a missing label', (m: Metrics) => m.gauge({ name: 'people', help, labels: ['a'] }).set(1), /\{ a \}/],
    ['another label', (m: Metrics) => m.gauge({ name: 'people', help }).set(1, { a: 'b' }), /labels are/],
    ['no number', (m: Metrics) => m.gauge({ name: 'people', help }).set(Number.NaN), /finite/],
    ['a counter that falls', (m: Metrics) => m.counter({ name: 'a_total', help }).add(-1), /never falls/],
  ] as const) {
    it(`refuses ${what}, also while nobody collects`, () => {
      expect(() => open(createMetrics(COLLECT_NOTHING))).throw(message)
    })
  }

  it('refuses a name that is there already', () => {
    const { metrics } = testHost()
    metrics.gauge({ name: 'people', help })
    expect(() => metrics.gauge({ name: 'people', help })).throw(/was there before/)
  })
})
