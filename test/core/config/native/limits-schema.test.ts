import { expect } from 'chai'
import { limitsSchema } from '../../../../core/config/native/limits-schema.ts'

describe('schema of server.limits', () => {
  it('has a default for every limit that does not depend on the machine', () => {
    expect(limitsSchema.parse(undefined)).to.deep.equal({
      body: 65_536,
      headers: 65_536,
      keep_alive: 75_000,
      rule_steps: 1_000_000,
      scopes: 100,
    })
  })

  it('takes each of them', () => {
    const given = {
      body: '1MiB',
      connections: 500,
      hash_memory: '512MiB',
      headers: 16_384,
      keep_alive: '620s',
      scopes: 5,
    }
    expect(limitsSchema.parse(given)).to.deep.include({
      body: 1_048_576,
      connections: 500,
      hash_memory: 536_870_912,
      headers: 16_384,
      keep_alive: 620_000,
      scopes: 5,
    })
  })

  it('takes a size as a number of bytes, or in units', () => {
    for (const [given, size] of [
      [1_048_576, 1_048_576],
      ['1048577B', 1_048_577],
      ['1024KiB', 1_048_576],
      ['2MiB', 2_097_152],
      ['1GiB', 1_073_741_824],
    ] as const) {
      expect(limitsSchema.parse({ hash_memory: given }).hash_memory).to.equal(size)
    }
  })

  const wrong: [string, unknown[], RegExp][] = [
    ['body', [0, '1023B', '17MiB'], /must be between 1024 and 16777216 bytes/],
    ['body', ['64kb', '64 KiB', '-1', true], /is no size; write 64MiB/],
    ['headers', ['4KiB', '2MiB'], /must be between 8192 and 1048576 bytes/],
    ['connections', [0, -1, 1.5, '500', 1_000_001], /must be a whole number between 1 and 1000000/],
    ['scopes', [0, 0.5, '5', 10_001], /must be a whole number between 1 and 10000/],
    ['keep_alive', [0, '500ms', '25h'], /must be between 1 and 86400 seconds/],
    ['keep_alive', ['long', false], /is not a duration/],
  ]
  for (const [key, values, message] of wrong) {
    for (const value of values) {
      it(`refuses ${key}: ${JSON.stringify(value)}`, () => {
        const issues = limitsSchema.safeParse({ [key]: value }).error?.issues ?? []
        expect(issues.map(({ path }) => path)).to.deep.equal([[key]])
        expect(issues[0]!.message).to.match(message)
      })
    }
  }
})
