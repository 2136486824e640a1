// What the audit line says of a request that is refused.
import { expect } from 'chai'
import { understand } from '../../../core/request/understood.ts'
import { basic } from '../../support/http-question.ts'
import { beginParse, EXCHANGE, form } from './messages.ts'
import { failureOf } from './steps.ts'

const ALICE = { authorization: basic('alice', 'secret') }

describe('what is understood of a refused request', () => {
  async function understood(query: string, body?: string, headers?: Record<string, string>) {
    const { req, read, parsed } = beginParse(query, body, headers)
    await failureOf(parsed)
    const { service, scopes, client, credentials } = understand(req, read)
    return {
      service,
      client: client?.id,
      kind: credentials?.kind,
      account: credentials?.account,
      scopes: scopes?.map(({ type, name, actions }) => `${type}:${name}:${actions}`),
    }
  }
  const nothing = {
    service: undefined,
    client: undefined,
    kind: undefined,
    account: undefined,
    scopes: undefined,
  }
  const table: [string, string, string | undefined, Record<string, string>, object][] = [
    ['nothing of a URL that shows a proof', 'service=a&password=x', undefined, ALICE, nothing],
    [
      'all but the scope that is none',
      'service=a&client_id=c&scope=nonsense%20a:b:c',
      undefined,
      ALICE,
      { service: 'a', client: 'c', kind: 'password', account: 'alice', scopes: ['a:b:c'] },
    ],
    [
      'all but the service',
      'service=a%0A&client_id=c',
      undefined,
      ALICE,
      { ...nothing, client: 'c', kind: 'password', account: 'alice', scopes: [] },
    ],
    ['the name of half a login', '', 'username=alice', {}, { ...nothing, account: 'alice', scopes: [] }],
    [
      'a name that no account can have, without what changes the log',
      '',
      'username=a%0Ab&password=x',
      {},
      { ...nothing, account: 'a\\nb', scopes: [] },
    ],
    [
      'nobody in what can not be read',
      '',
      undefined,
      { authorization: 'Bearer x' },
      { ...nothing, account: '', scopes: [] },
    ],
    [
      'the registry of an exchange',
      'service=b',
      form({ grant_type: EXCHANGE, audience: 'a' }),
      {},
      { ...nothing, service: 'a', account: '', scopes: [] },
    ],
  ]
  for (const [name, query, body, headers, expected] of table) {
    it(`is ${name}`, async () => {
      expect(await understood(query, body, headers)).to.deep.equal(expected)
    })
  }

  it('is a hundred scopes, of more', async () => {
    const scopes = Array.from({ length: 150 }, (_, n) => `a:${n}:x`).join('%20')
    expect((await understood(`scope=${scopes}&scope=a:b:c`)).scopes).to.have.length(100)
  })
})
