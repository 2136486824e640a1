// A line that is written without the logger's detours is the one that the logger would write.
import { expect } from 'chai'
import fc from 'fast-check'
import { logPlainly, written } from '../../../core/kit/plain-line.ts'
import { createLog, type LogLevel } from '../../../core/server/log.ts'
import { keptLog } from '../../../core/testing/host.ts'
import { createSecretToken } from '../../../core/token/secret-token.ts'

/** What is written between two looks at the clock. */
function linesOf(level: LogLevel, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = []
  write(createLog(level, { write: (line) => void lines.push(line) }))
  return lines.map((line) =>
    line
      .replace(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"time":""')
      // On Node 24 the logger leaves half a character as it is, which no file can hold.
      .replace(/\p{Cs}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`),
  )
}

// Lone surrogates, control characters and line separators, too.
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\u2028', '\ud800', '\udc00', '\u007f', '\0', 'é', 'a'),
  }),
  fc.constantFrom(createSecretToken('personal').secret.reveal(), 'dwp_frontend'),
)
const value = fc.oneof(
  text,
  fc.double(),
  fc.array(text),
  fc.dictionary(text, fc.array(text)),
  fc.constant(undefined),
)
const facts = fc.record({ audit: text, account: value, scopes: value, labels: value, status: value })

describe('a line of a known shape', () => {
  it('is to the byte what the logger writes', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom('info', 'error'), text, (given, level, message) => {
        const plain = linesOf('info', (log) => logPlainly(log, level, given, message))
        expect(plain).to.deep.equal(linesOf('info', (log) => log[level](given, message)))
        expect(plain).to.have.length(1)
      }),
    )
  })

  for (const [least, count] of [
    ['info', 2],
    ['warn', 1],
    ['silent', 0],
  ] as const) {
    it(`is written ${count} times of two when the level is ${least}`, () => {
      const lines = linesOf(least, (log) => {
        logPlainly(log, 'info', { audit: 'token' }, 'm')
        logPlainly(log, 'error', { audit: 'token' }, 'm')
      })
      expect(lines).to.have.length(count)
    })
  }

  it('goes to any other log as it is', () => {
    const log = keptLog()
    logPlainly(log, 'info', { audit: 'token' }, 'token issued')
    expect(log.lines).to.deep.equal([{ level: 'info', facts: { audit: 'token' }, message: 'token issued' }])
    expect(written(log)).to.equal(undefined)
  })
})
