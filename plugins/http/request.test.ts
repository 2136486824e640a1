// What goes over the wire, and that no value can leave its place there.
import { expect } from 'chai'
import fc from 'fast-check'
import { UnusableValue } from '../../core/plugin.ts'
import { options as schema, type Values } from './options.ts'
import { buildRequest } from './request.ts'

const ANN: Values = { account: 'ann', password: 'pw', service: 'reg', ip: '10.0.0.1', client_id: 'docker' }
const url = 'http://box.example.com/'

function build(options: object, values: Partial<Values> = {}) {
  return buildRequest(schema.parse({ url, ...options }), { ...ANN, ...values })
}

describe('a request of the http plugin', () => {
  it('is a POST with a JSON body', () => {
    expect(build({ json: { user: '${account}', at: ['${ip}', 1] } })).to.deep.equal({
      method: 'POST',
      url,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: '{"user":"ann","at":["10.0.0.1",1]}',
    })
  })

  it('is a POST with a form', () => {
    const { method, headers, body } = build({ form: { user: '${account}', via: '${service}/${client_id}' } })
    expect(method).to.equal('POST')
    expect(headers).to.include({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(body).to.equal('user=ann&via=reg%2Fdocker')
  })

  it('is a GET without a body when there is neither', () => {
    const request = build({ basic: {} })
    expect(request).to.deep.equal({
      method: 'GET',
      url,
      headers: { accept: 'application/json', authorization: `Basic ${btoa('ann:pw')}` },
    })
  })

  it('sends the headers of the configuration, also instead of its own', () => {
    const { headers } = build({
      json: {},
      headers: { 'X-User': '<${account}>', 'Content-Type': 'application/x.login+json' },
    })
    expect(headers).to.include({ 'x-user': '<ann>', 'content-type': 'application/x.login+json' })
  })

  it('keeps any account in its place in a JSON body, a form, a URL and Basic', () => {
    const templates = {
      url: `${url}users/\${account}?q=\${account}&end=1`,
      basic: { username: 'x', password: '${account}' },
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (account) => {
        fc.pre(account !== '' && !/[\x00-\x1f\x7f]|^\.{1,2}$/.test(account))
        const inJson = build({ ...templates, json: { a: '${account}', b: 1 } }, { account })
        expect(JSON.parse(inJson.body!)).to.deep.equal({ a: account, b: 1 })
        const asked = new URL(inJson.url)
        expect(asked.pathname.split('/')).to.have.length(3)
        expect(decodeURIComponent(asked.pathname.split('/')[2]!)).to.equal(account)
        expect([...asked.searchParams]).to.deep.equal([
          ['q', account],
          ['end', '1'],
        ])
        const inForm = build({ form: { a: '${account}', b: '1' } }, { account })
        expect([...new URLSearchParams(inForm.body)]).to.deep.equal([
          ['a', account],
          ['b', '1'],
        ])
        const basic = Buffer.from(inJson.headers.authorization!.slice(6), 'base64').toString('utf8')
        expect(basic).to.equal(`x:${account}`)
      }),
    )
  })

  const unusable: [string, object, string][] = [
    ['a line break in a header', { headers: { 'x-user': '${account}' } }, 'a\r\nx-admin: 1'],
    ['a letter outside ASCII in a header', { headers: { 'x-user': '${account}' } }, 'é'],
    ['a blank at the end of a header', { headers: { 'x-user': '${account}' } }, 'a '],
    ['a colon in a Basic user name', { basic: {} }, 'a:b'],
    ['a control character in Basic', { basic: {} }, 'a\0'],
    ['the upper folder in a URL', { url: `${url}users/\${account}/groups` }, '..'],
    ['the same folder in a URL', { url: `${url}users/\${account}` }, '.'],
    ['broken Unicode in a URL', { url: `${url}\${account}` }, '\ud800'],
  ]
  for (const [what, options, account] of unusable) {
    it(`is not made with ${what}`, () => {
      expect(() => build(options, { account })).to.throw(UnusableValue, /^a value /)
    })
  }
})
