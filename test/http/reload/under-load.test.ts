// Fifty reloads while tokens are fetched: none fails, and none is of another configuration than may be.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { newPair } from '../../support/key-pairs.ts'
import { eventually, startTestServer, type TokenAnswer } from '../../support/server.ts'

const RELOADS = 50
const PASSWORD = 'canary of the load'
const STEADY = 'steady'
const own = (name: string) => ({ match: { account: name, name: `${name}/*` }, actions: ['pull'] })

const config = (version: number) => ({
  server: { guard: false },
  // Another one signs each time; both are published, as when keys are replaced without a gap.
  token: {
    keys: [version % 2, (version + 1) % 2].map((nth) => ({ certificate: `${nth}.crt`, key: `${nth}.key` })),
  },
  authenticators: [
    {
      plugin: 'static',
      options: { users: { [STEADY]: { any_password: true }, [`robot-${version}`]: { any_password: true } } },
    },
    { plugin: 'htpasswd', options: { file: 'people' } },
  ],
  labelers: [],
  authorizers: [{ plugin: 'acl', options: { rules: [own(STEADY), own(`robot-${version}`)] } }],
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('many reloads under load', () => {
  it('fail no request and decide none wrongly', async () => {
    const pairs = await Promise.all([newPair('P-256'), newPair('P-256')])
    const files = Object.fromEntries(
      pairs.flatMap(({ certificate, key }, nth) => [
        [`${nth}.crt`, certificate],
        [`${nth}.key`, key],
      ]),
    )
    await using server = await startTestServer({ config: config(0), files: { ...files, people: '' } })
    const ask = (account: string) =>
      server.token({
        user: [account, PASSWORD],
        query: { service: 'registry', scope: `repository:${account}/app:pull` },
      })
    let over = false
    const answers: TokenAnswer[] = []
    const client = async () => {
      while (!over) answers.push(await ask(STEADY))
    }
    const clients = [client(), client(), client()]
    const places = () => server.server.services.house.places.counts().length
    const [instances, first] = [server.server.services.made, places()]
    try {
      for (let version = 1; version <= RELOADS; version += 1) {
        expect((await server.reload(config(version))).outcome).to.equal('reloaded')
        const [now, before] = await Promise.all([ask(`robot-${version}`), ask(`robot-${version - 1}`)])
        expect([now.status, now.access, before.status]).to.deep.equal([
          200,
          [`repository:robot-${version}/app:pull`],
          401,
        ])
      }
    } finally {
      over = true
      await Promise.all(clients)
    }
    expect(answers).not.to.have.lengthOf(0)
    for (const { status, access } of answers)
      expect([status, access]).to.deep.equal([200, [`repository:${STEADY}/app:pull`]])
    // The password file is the same one, and nothing is left of those that were closed.
    const [htpasswd, now] = [instances, server.server.services.made].map((made) =>
      made.find(({ instance }) => instance.id === 'htpasswd'),
    )
    expect(now!.instance).to.equal(htpasswd!.instance)
    expect(places()).to.equal(first)
  }).timeout(120_000)

  it('leave nothing of the configurations before in memory', async () => {
    const files = { people: '' }
    const { token: _, ...first } = config(0)
    await using server = await startTestServer({ config: first, files })
    const ask = () => server.token({ user: [STEADY, PASSWORD] })
    await ask()
    const former = new WeakRef(server.server.services)
    for (let version = 1; version <= 3; version += 1) {
      const { token: _, ...next } = config(version)
      await server.reload(next)
      await ask()
    }
    await eventually(() => {
      collectGarbage()
      return former.deref() === undefined
    })
  })
})
