// Plugins that are wrong, as their authors write them: what the start, or the audit line, says of each. Those that do not even load
// are in test/core/config/plugins/registry.test.ts, answers that make no sense in plugin-faults.test.ts.
import { expect } from 'chai'
import { startTestServer } from '../support/server.ts'
import {
  ACCEPTS,
  type Kind,
  METHOD,
  ODD_SCHEMAS,
  oddPlugin,
  UNMAKEABLE,
  WRONG_ANSWERS,
} from '../support/wrong-plugins.ts'

const YES = oddPlugin('authenticator', ACCEPTS, '', 'z.strictObject({})', 'yes')

/** What stands in the start's error, or in the audit line of one request. */
async function saidOf(kind: Kind, source: string, options: object = {}): Promise<string> {
  const entry = { plugin: './odd.ts', options }
  const lists = { authenticators: [{ plugin: './yes.ts' }], labelers: [], authorizers: [] }
  try {
    await using server = await startTestServer({
      config: { ...lists, [`${kind}s`]: [entry] },
      files: { 'odd.ts': source, 'yes.ts': YES },
    })
    const query = { service: 'registry', scope: 'repository:app:push,pull' }
    const { status } = await server.token({ user: ['ann', 'canary of the wrong plugins'], query })
    return `${status} ${server.audits().at(-1)!.reason ?? ''}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('a plugin that can not be made', () => {
  for (const [what, create, said, more] of UNMAKEABLE) {
    it(`because it ${what}: place and remedy`, async () => {
      const text = await saidOf('authenticator', oddPlugin('authenticator', `${create}; ${ACCEPTS}`, more))
      expect(text).to.match(/dockwarden\.yml:\d+:\d+: authenticators\[0\]: /)
      if (typeof said === 'string') expect(text).to.contain(said)
      else expect(text).to.match(said)
    })
  }

  for (const [what, schema, said] of ODD_SCHEMAS) {
    it(`because its options schema ${what}`, async () => {
      const source = oddPlugin('authenticator', ACCEPTS, '', `z.strictObject({ a: ${schema} })`)
      expect(await saidOf('authenticator', source, { a: 'x' })).to.match(said)
    })
  }
})

describe('a plugin that goes wrong in a request', () => {
  for (const [kind, what, body, said] of WRONG_ANSWERS) {
    it(`and ${what} is a 503 that says so (${kind})`, async () => {
      const source = oddPlugin(kind, `return { async ${METHOD[kind]}(c, request) { ${body} } }`)
      const text = await saidOf(kind, source)
      expect(text).to.match(/^503 .*plugin odd \(id odd\): /)
      expect(text).to.contain(said)
    })
  }
})
