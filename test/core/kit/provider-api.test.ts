import { expect } from 'chai'
import fc from 'fast-check'
import { type HttpResponse, OAuthRefused, readApi } from '../../../core/plugin.ts'

const URL_ASKED = 'https://api.example.com/v4/user?private=1'

function read(answer: Partial<HttpResponse>) {
  return readApi({ status: 200, headers: {}, body: '{}', ...answer }, URL_ASKED, 'api_url')
}

describe('the answer of a provider', () => {
  const failures: [string, Partial<HttpResponse>, RegExp][] = [
    ['an outage', { status: 503 }, /answered 503$/],
    ['a redirect', { status: 301 }, /answered 301, a redirect; correct `api_url`$/],
    ['no JSON', { body: '<html>' }, /answered 200 with a body that is not JSON; see that `api_url`/],
    ['a page in place of an error', { status: 404, body: '<html>' }, /answered 404 with a body/],
    ['too many requests', { status: 429, body: 'later' }, /answered 429, too many requests$/],
    ['a pause', { status: 429, headers: { 'retry-after': '60' } }, /again in 60 s$/],
    ['a pause with 403', { status: 403, headers: { 'retry-after': '60' } }, /again in 60 s$/],
    ['a date', { status: 429, headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' } }, /requests$/],
    [
      'nothing left, as GitHub says it',
      { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1893456000' } },
      /again at 2030-01-01T00:00:00\.000Z$/,
    ],
    [
      'nothing left, as GitLab says it',
      { status: 429, headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '1893456000' } },
      /again at 2030-01-01T00:00:00\.000Z$/,
    ],
  ]
  for (const [name, answer, message] of failures) {
    it(`is an outage that names the host alone: ${name}`, () => {
      expect(() => read(answer))
        .to.throw(message)
        .that.satisfies(({ message }: Error) => message.startsWith('https://api.example.com: '))
        .and.is.not.instanceOf(OAuthRefused)
    })
  }

  it('is a refusal when the token is good no more', () => {
    expect(() => read({ status: 401, body: '<html>' })).to.throw(OAuthRefused, /revoked, or has ended/)
  })

  it('leaves the meaning of other statuses to the plugin', () => {
    const headers = { 'x-ratelimit-remaining': '4999' }
    for (const status of [200, 403, 404]) {
      expect(read({ status, headers, body: '{"a":1}' })).to.deep.equal({ status, headers, body: { a: 1 } })
    }
  })

  it('says nothing but its errors, whatever the headers hold', () => {
    const names = ['retry-after', 'x-ratelimit-reset', 'ratelimit-reset', 'x-ratelimit-remaining']
    const headers = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.double().map(String)))
    fc.assert(
      fc.property(headers, (given) => {
        expect(() => read({ status: 429, headers: given })).to.throw(
          /^https:\/\/api\.example\.com: answered 429/,
        )
      }),
    )
  })
})
