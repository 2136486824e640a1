// The JSON answer, without HTTP.
import { expect } from 'chai'
import type { Context } from 'koa'
import { Busy, Secret } from '../../../core/plugin.ts'
import {
  badScope,
  malformed,
  RequestError,
  unauthorized,
  unavailable,
  unsupportedMedia,
  wrongTarget,
} from '../../../core/request/errors.ts'
import { respondError, respondToken } from '../../../core/request/respond.ts'

interface Answer {
  status?: number
  body?: Record<string, unknown>
  readonly headers: Record<string, string>
}

/** What of koa's context an answer is written to. */
function answerOf(method = 'GET'): Answer & Context {
  const headers: Record<string, string> = {}
  const set = (name: string, value: string) => {
    headers[name] = value
  }
  let answer: object | undefined
  const context = {
    method,
    headers,
    set,
    get body() {
      return answer
    },
    set body(text: unknown) {
      answer = JSON.parse(text as string)
    },
  }
  return context as unknown as Answer & Context
}

const ALWAYS = { 'Cache-Control': 'no-store', 'Content-Type': 'application/json; charset=utf-8' }

const SIGNED = {
  token: 'ey.a.b',
  access: [
    { type: 'repository', name: 'app', actions: ['pull', 'push'] },
    { type: 'repository', name: 'denied', actions: [] },
    { type: 'registry', name: 'catalog', actions: ['*'] },
  ],
  expiresIn: 300,
  issuedAt: new Date('2026-01-02T03:04:05Z'),
}

describe('a token’s answer', () => {
  const usual = {
    token: 'ey.a.b',
    access_token: 'ey.a.b',
    token_type: 'Bearer',
    expires_in: 300,
    issued_at: '2026-01-02T03:04:05Z',
    scope: 'repository:app:pull,push registry:catalog:*',
  }
  const type = 'urn:ietf:params:oauth:token-type:jwt'
  const table: [string, Secret | undefined, string | undefined, object][] = [
    ['has what was granted', undefined, undefined, usual],
    ['has a refresh token', new Secret('dwr_x'), undefined, { ...usual, refresh_token: 'dwr_x' }],
    ['names the type of an exchanged one', undefined, type, { ...usual, issued_token_type: type }],
  ]
  for (const [name, refreshToken, issued, expected] of table) {
    it(name, () => {
      const answer = answerOf()
      respondToken(answer, SIGNED, refreshToken, issued)
      expect(answer.body).to.deep.equal(expected)
      expect(answer.headers).to.deep.equal(ALWAYS)
    })
  }

  it('has an empty scope when nothing was granted', () => {
    const answer = answerOf()
    respondToken(answer, { ...SIGNED, access: [] }, undefined, undefined)
    expect(answer.body!.scope).to.equal('')
  })
})

describe('an error’s answer', () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="Auth Service", charset="UTF-8"' }
  const late = new RequestError(408, 'TIMEOUT', 'invalid_request', 'too late')
  const large = new RequestError(413, 'TOO_LARGE', 'invalid_request', 'too large')
  const many = new RequestError(429, 'TOO_MANY', 'temporarily_unavailable', 'too many')
  const busy = unavailable(new Error('plugin x', { cause: new Busy('the line is too long', 7_000) }))
  const table: [string, unknown, number, string, string, object][] = [
    ['malformed', malformed('no'), 400, 'INVALID_REQUEST', 'invalid_request', {}],
    ['a bad scope', badScope('no'), 400, 'INVALID_REQUEST', 'invalid_scope', {}],
    ['a wrong target', wrongTarget('no'), 400, 'INVALID_REQUEST', 'invalid_target', {}],
    ['a body of another kind', unsupportedMedia('no'), 415, 'INVALID_REQUEST', 'invalid_request', {}],
    ['unauthorized', unauthorized('no'), 401, 'UNAUTHORIZED', 'invalid_grant', challenge],
    ['too late', late, 408, 'TIMEOUT', 'invalid_request', { Connection: 'close' }],
    ['too large', large, 413, 'TOO_LARGE', 'invalid_request', { Connection: 'close' }],
    ['too many', many, 429, 'TOO_MANY', 'temporarily_unavailable', { 'Retry-After': '5' }],
    [
      'an outage',
      unavailable(new Error('down')),
      503,
      'UNAVAILABLE',
      'temporarily_unavailable',
      { 'Retry-After': '5' },
    ],
    ['a line that is too long', busy, 503, 'UNAVAILABLE', 'temporarily_unavailable', { 'Retry-After': '7' }],
    ['a fault of ours', new Error('secret'), 500, 'INTERNAL', 'server_error', {}],
    ['what is no error', undefined, 500, 'INTERNAL', 'server_error', {}],
  ]
  for (const [name, error, status, code, oauth, headers] of table) {
    it(`to ${name} is ${status}, in JSON, and on POST also in the words of OAuth`, () => {
      const [get, post] = [answerOf(), answerOf('POST')]
      expect(respondError(get, error, 'Auth Service')).to.equal(status)
      expect(respondError(post, error, 'Auth Service')).to.equal(status)
      expect([get.status, post.status]).to.deep.equal([status, status])
      expect(get.headers).to.deep.equal({ ...ALWAYS, ...headers })
      expect(post.headers).to.deep.equal(get.headers)
      const message = error instanceof RequestError ? error.message : /^the server failed to answer/
      const [{ message: told, ...first }] = get.body!.errors as [{ message: string }]
      expect(first).to.deep.equal({ code, detail: null })
      expect(told).to.match(
        typeof message === 'string' ? new RegExp(`^${message.replace('(', '\\(')}$`) : message,
      )
      expect(get.body).to.have.all.keys('errors')
      expect(post.body).to.deep.equal({ ...get.body, error: oauth, error_description: told })
    })
  }

  it('writes a realm that a header can hold', () => {
    const answer = answerOf()
    respondError(answer, unauthorized('no'), 'Dienst "für\\alle"\n')
    expect(answer.headers['WWW-Authenticate']).to.equal(
      'Basic realm="Dienst \\"f?r\\\\alle\\"?", charset="UTF-8"',
    )
  })

  it('has no token of ours, and as error_description only what RFC 6749 allows', () => {
    const answer = answerOf('POST')
    const token = `dwr_${'0'.repeat(43)}0JdpVn`
    respondError(answer, malformed(`"${token}" \\ é`), 'x')
    const { errors, error_description: described } = answer.body as {
      errors: [{ message: string }]
      error_description: string
    }
    expect(errors[0].message).not.to.contain(token)
    expect(described).to.match(/^'.*' ' '$/)
  })
})
