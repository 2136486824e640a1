// The names of certificates, and which of several a client gets.
import { expect } from 'chai'
import fc from 'fast-check'
import type { ListenPlan } from '../../../core/config/native/listeners.ts'
import { createChoice, hostNames, isForHost } from '../../../core/server/certificate-choice.ts'
import { hostDoubt } from '../../../core/server/certificate-doubts.ts'
import { createTlsCertificate } from '../../../core/x509/certificates.ts'
import { newPair } from '../../support/key-pairs.ts'

describe('the certificate for a host name', () => {
  let wild: { cert: string; key: string }
  let plain: { cert: string; key: string }
  let common: { cert: string; key: string }

  before(async () => {
    const made = async (names: string[]) => {
      const { certificate, key } = await createTlsCertificate(names, Date.now())
      return { cert: certificate, key }
    }
    wild = await made(['*.Example.com'])
    plain = await made(['a.example.com', '192.0.2.1'])
    const { certificate, key } = await newPair('P-256', { name: 'cn.example.org' })
    common = { cert: certificate, key }
  })

  it('is looked for among its DNS names, or else by its common name', () => {
    expect(hostNames(wild.cert)).to.deep.equal(['*.example.com'])
    expect(hostNames(plain.cert)).to.deep.equal(['a.example.com'])
    expect(hostNames(common.cert)).to.deep.equal(['cn.example.org'])
  })

  it('has one that stands for exactly one label', () => {
    for (const [name, matches] of [
      ['b.example.com', true],
      ['B.EXAMPLE.COM.', true],
      ['example.com', false],
      ['.example.com', false],
      ['a.b.example.com', false],
      ['', false],
      ['*', false],
    ] as const)
      expect(isForHost(wild.cert, name), name).to.equal(matches)
  })

  it('is the first for any name that none has, whatever clients send', () => {
    const choose = createChoice({ ...plain, others: [wild, common] })
    expect(choose('a.example.com')).to.equal(undefined)
    expect(choose('b.example.com')).not.to.equal(undefined)
    expect(choose('cn.example.org')).not.to.equal(undefined)
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (!isForHost(wild.cert, name) && !isForHost(common.cert, name))
          expect(choose(name)).to.equal(undefined)
      }),
    )
    for (const name of ['__proto__', 'constructor', 'toString']) expect(choose(name)).to.equal(undefined)
  })

  it('is missed at an address with a name, and only there', () => {
    const doubt = (host: string | undefined) =>
      hostDoubt({ listen: { host, port: 1 } } as ListenPlan, { ...plain, others: [wild] })
    for (const host of [undefined, 'localhost', '127.0.0.1', '::', 'a.example.com', 'b.example.com'])
      expect(doubt(host), String(host)).to.equal(undefined)
    expect(doubt('auth.example.net')).to.match(/^no certificate is for auth\.example\.net/)
    expect(hostDoubt({ listen: { socket: '/run/dw.sock' } } as ListenPlan, plain)).to.equal(undefined)
  })
})
