// Several scopes in one request: decided side by side, within limits, and answered in the order asked.
import { expect } from 'chai'
import { scripted } from '../support/plugins/index.ts'
import { startTestServer, type TestInstance } from '../support/server.ts'

const PASSWORD = 'canary of the scopes'
const AT_ONCE = 8
const HEAD = "import { definePlugin, deny, grant, pass, z } from 'dockwarden/plugin'"

/** Answers when as many calls wait as can: eight, or all that are left. The rule says how many there were. */
const GATHERING = `${HEAD}
export default definePlugin({ kind: 'authorizer', name: 'gathering', options: z.strictObject({ count: z.int() }),
  create({ count }) {
    let left = count
    let waiting = []
    return { async authorize({ name, actions }) {
      await new Promise((resolve) => {
        waiting.push(resolve)
        if (waiting.length < Math.min(left, ${AT_ONCE})) return
        left -= waiting.length
        const all = waiting
        waiting = []
        // The last one first: the order of the answers is another than that of the questions.
        setTimeout(() => { for (const open of all.reverse()) open() }, 10)
      })
      return name.endsWith('3') ? deny('three') : grant(actions, 'at most ' + ${AT_ONCE})
    } }
  } })`

/** Passes, but for the names that it denies; writes down whom it saw. */
const WATCHING = `${HEAD}
export default definePlugin({ kind: 'authorizer', name: 'watching', options: z.strictObject({ denies: z.string().optional() }),
  create: ({ denies }, host) => ({ async authorize({ name }) {
    host.log.info({ name }, 'saw')
    await new Promise((resolve) => setTimeout(resolve, name.length))
    return name === denies ? deny() : pass
  } }) })`

const GRANTING = `${HEAD}
export default definePlugin({ kind: 'authorizer', name: 'granting', options: z.strictObject({}),
  create: () => ({ authorize: async ({ actions }) => grant(actions) }) })`

/** Fails for `bad` once seven others wait, which only the end of their time would end. */
const FAILING = `${HEAD}
export default definePlugin({ kind: 'authorizer', name: 'failing', options: z.strictObject({}),
  create(_, host) {
    let waiting = 0
    let fail
    return { authorize: ({ name }, { signal }) => new Promise((resolve, reject) => {
      host.log.info({ name }, 'deciding')
      signal.addEventListener('abort', () => host.log.info({ reason: signal.reason.message }, 'aborted'))
      if (name === 'bad') fail = () => reject(new Error('the policy is broken'))
      else waiting += 1
      if (waiting === ${AT_ONCE - 1}) fail()
    }) }
  } })`

async function start(
  ...authorizers: [source: string, options?: object, id?: string][]
): Promise<TestInstance> {
  const sources = [...new Set(authorizers.map(([source]) => source))]
  return await startTestServer({
    config: {
      authenticators: [scripted.authenticator('yes', { answer: { outcome: 'accept' } })],
      authorizers: authorizers.map(([source, options = {}, id = 'own']) => ({
        plugin: `./plugin${sources.indexOf(source)}.ts`,
        id,
        options,
      })),
    },
    files: Object.fromEntries(sources.map((source, index) => [`plugin${index}.ts`, source])),
  })
}

const named = (names: readonly string[]) => names.map((name) => `repository:${name}:pull`)
const ask = (server: TestInstance, names: readonly string[]) =>
  server.token({ user: ['alice', PASSWORD], query: { scope: named(names) } })

describe('the scopes of a request', () => {
  for (const count of [1, 2, 8, 20, 100]) {
    it(`are decided eight at a time, and answered in the order asked: ${count}`, async () => {
      await using server = await start([GATHERING, { count }])
      const names = Array.from({ length: count }, (_, index) => `a${index}`)
      const { status, access } = await ask(server, names)
      expect(status).to.equal(200)
      const expected = names.map((name) => `repository:${name}:${name.endsWith('3') ? '' : 'pull'}`)
      expect(access).to.deep.equal(expected)
      expect(server.audits()[0]).to.deep.include({ scopes: named(names), access: expected })
      expect(server.audits()[0]!.rules).to.deep.equal(
        names.map((name) => `own: ${name.endsWith('3') ? 'three' : 'at most 8'}`),
      )
    })
  }

  it('each go through the authorizers in their order', async () => {
    const names = Array.from({ length: 12 }, (_, index) => 'n'.repeat(index + 1))
    await using server = await start(
      [WATCHING, { denies: 'nnn' }, 'first'],
      [WATCHING, {}, 'second'],
      [GRANTING, {}, 'third'],
    )
    const { access } = await ask(server, names)
    expect(access).to.deep.equal(names.map((name) => `repository:${name}:${name === 'nnn' ? '' : 'pull'}`))
    const saw = server.lines().filter(({ msg }) => msg === 'saw')
    for (const name of names) {
      const ids = saw.filter((line) => line.name === name).map(({ id }) => id)
      expect(ids, name).to.deep.equal(name === 'nnn' ? ['first'] : ['first', 'second'])
    }
  })

  it('fail together: one that can not be decided ends the others, and none begins any more', async () => {
    await using server = await start([FAILING])
    const names = [
      ...Array.from({ length: 3 }, (_, index) => `a${index}`),
      'bad',
      ...Array.from({ length: 9 }, (_, index) => `b${index}`),
    ]
    const { status } = await ask(server, names)
    expect(status).to.equal(503)
    const lines = (text: string) => server.lines().filter(({ msg }) => msg === text)
    expect(lines('deciding').map(({ name }) => name)).to.deep.equal(names.slice(0, AT_ONCE))
    expect(lines('aborted').map(({ reason }) => reason)).to.deep.equal(
      Array(AT_ONCE - 1).fill('nobody waits for the answer any more'),
    )
    expect(lines('authorizer could not be asked').map(({ err }) => err.message)).to.deep.equal([
      'the policy is broken',
    ])
    expect(server.audits()).to.have.length(1)
    expect(server.audits()[0]!.reason).to.contain('plugin failing (id own): the policy is broken')
  })
})
