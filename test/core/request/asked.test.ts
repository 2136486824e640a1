// What URLs say is read once, and answers to one are never another's.
import { expect } from 'chai'
import { Asked, AskedByUrl } from '../../../core/request/asked.ts'
import { RequestError } from '../../../core/request/errors.ts'

const MOST = 100
const URL = '/auth?service=r&account=ann&client_id=docker&access_type=offline&scope=repository:a/b:pull,push'

/** All that is read of a request. */
const said = (asked: Asked) => ({
  service: asked.service,
  account: asked.account,
  id: asked.clientId,
  offline: asked.offline,
  scopes: asked.scopes(MOST).map(({ name, actions }) => `${name} ${actions}`),
})

describe('what URLs ask for', () => {
  it('is read, and not again where it has come twice', () => {
    const urls = new AskedByUrl()
    const first = urls.of(URL)
    expect(said(first)).to.deep.equal({
      service: 'r',
      account: 'ann',
      id: 'docker',
      offline: true,
      scopes: ['a/b pull,push'],
    })
    urls.note(URL, first)
    const second = urls.of(URL)
    expect(second).not.to.equal(first)
    urls.note(URL, second)
    expect(urls.of(URL)).to.equal(second)
    expect(said(urls.of(`${URL}x`)).scopes).to.deep.equal(['a/b pull,pushx'])
  })

  it('is not remembered of a form, which may say something else the next time, and of a URL that is too long', () => {
    const urls = new AskedByUrl()
    const query = new URLSearchParams('service=of+the+url')
    const asked = new Asked(query, new URLSearchParams('service=of+the+form'))
    expect(asked.service).to.equal('of the form')
    for (const _ of [1, 2]) urls.note('/auth?service=of+the+url', asked)
    expect(urls.of('/auth?service=of+the+url').service).to.equal('of the url')
    const long = `/auth?service=${'x'.repeat(2_000)}`
    for (const _ of [1, 2]) urls.note(long, urls.of(long))
    expect(urls.of(long)).not.to.equal(urls.of(long))
  })

  it('is refused at each reading where it can not be read', () => {
    const urls = new AskedByUrl()
    for (const url of ['/auth?password=x', '/auth?a=%zz', '/auth#a', '/auth?a=1;b=2'])
      for (const _ of [1, 2])
        expect(() => urls.of(url))
          .to.throw(RequestError)
          .that.includes({ status: 400 })
    const asked = urls.of('/auth?scope=bad&service=%00')
    for (const _ of [1, 2]) {
      expect(() => asked.scopes(MOST)).to.throw(RequestError, 'type:name:actions')
      expect(() => asked.service).to.throw(RequestError, 'service must be')
    }
  })
})
