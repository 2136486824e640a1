// Requests at the same time never see each other's labels, accounts or access.
import { expect } from 'chai'
import { BARRIER, OWNERS, scripted } from '../support/plugins/index.ts'
import { startTestServer, type TokenAnswer } from '../support/server.ts'

describe('a thousand requests in flight at once', () => {
  it('each get the access of their own labels, and nobody else’s', async function () {
    this.timeout(120_000)
    // A machine that is too slow for so many in the time of a request has to do with half of them.
    for (let count = 1_000; !(await standApart(count)); count = Math.ceil(count / 2));
  })
})

/** @returns false: the time of a request was over before all had come */
async function standApart(count: number): Promise<boolean> {
  await using server = await startTestServer({
    config: {
      authenticators: [scripted.authenticator('yes', { answer: { outcome: 'accept' } })],
      // Nobody is answered before all have been labelled.
      labelers: [{ plugin: BARRIER, timeout: '60s', options: { count } }],
      authorizers: [{ plugin: OWNERS }],
    },
  })
  const names = Array.from({ length: count }, (_, index) => `user${index}`)
  const neighbourOf = (index: number) => names[(index + 1) % count]
  const answers: TokenAnswer[] = await Promise.all(
    names.map((name, index) =>
      server.token({
        user: [name, `canary password of ${name}`],
        query: {
          scope: [`repository:team-of-${name}/app:pull`, `repository:team-of-${neighbourOf(index)}/app:pull`],
          service: `registry of ${name}`,
        },
      }),
    ),
  )
  if (answers.some(({ status }) => status === 503)) return false
  for (const [index, { claims, access }] of answers.entries()) {
    const name = names[index]!
    expect(claims).to.include({ sub: name, aud: `registry of ${name}` })
    expect(access).to.deep.equal([
      `repository:team-of-${name}/app:pull`,
      `repository:team-of-${neighbourOf(index)}/app:`,
    ])
  }
  expect(new Set(answers.map(({ claims }) => claims!.jti)).size).to.equal(count)
  const ids = server.audits().map(({ request }) => request)
  expect(new Set(ids).size).to.equal(count)
  return true
}
