// The key `server.guard`: what is taken, and what is said of the rest.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { inspectConfig } from '../../../core/config/config.ts'

describe('server.guard', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-guard-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const inspect = async (text: string) => {
    const file = join(folder, 'dockwarden.yml')
    writeFileSync(file, text)
    const { config, problems } = await inspectConfig(file)
    return { guard: config?.server.guard, problems: problems.map(({ message }) => message) }
  }
  const native = (guard: string) =>
    inspect(
      `server: { listen: "127.0.0.1:0"${guard && `, guard: ${guard}`} }\nauthenticators: []\nauthorizers: []\n`,
    )
  const HALF_AN_HOUR = 1_800_000

  for (const [written, guard] of [
    ['', {}],
    ['{}', {}],
    ['false', false],
    ['{ lockout: { failures: 5, within: 30m } }', { lockout: { failures: 5, within: HALF_AN_HOUR } }],
  ] as const) {
    it(`takes ${written || 'nothing'}`, async () => {
      expect(await native(written)).to.deep.equal({ guard, problems: [] })
    })
  }

  for (const [written, message] of [
    ['true', /must be false, or a map of lockout/],
    ['{ lockout: 5 }', /write a map/],
    ['{ lockout: { failures: 1, within: 30m } }', /between 2 and 1000/],
    ['{ lockout: { failures: 5 } }', /is missing/],
    ['{ lockout: { failures: 5, within: 48h } }', /between 1 and 86400 seconds/],
    ['{ lokout: {} }', /lockout/],
  ] as const) {
    it(`refuses ${written}`, async () => {
      const { problems } = await native(written)
      expect(problems).to.have.length(1)
      expect(problems[0]).to.match(message)
    })
  }

  it("may stand in docker_auth's form", async () => {
    const text = `server: { addr: ":5001", guard: false }\ntoken: { issuer: a, expiration: 900 }\nusers: { "": {} }\nacl: [{ actions: ["*"] }]\n`
    expect((await inspect(text)).guard).to.equal(false)
  })

  it('is on its page as it is taken', async () => {
    const page = readFileSync(new URL('../../../docs/guard.md', import.meta.url), 'utf8')
    const [, snippet] = /```yaml\n(.*?)```/s.exec(page)!
    const { guard, problems } = await inspect(`${snippet}authenticators: []\nauthorizers: []\n`)
    expect({ guard, problems }).to.deep.equal({
      guard: { lockout: { failures: 10, within: HALF_AN_HOUR } },
      problems: [],
    })
  })
})
