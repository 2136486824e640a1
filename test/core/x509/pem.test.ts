import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { readCertificates, readPrivateKey } from '../../../core/x509/pem.ts'
import { newKey, newPair, type TestPair } from '../../support/key-pairs.ts'

describe('PEM files', () => {
  let pair: TestPair
  before(async () => {
    pair = await newPair('P-256')
  })

  describe('private key', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const publicKey = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const locked = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const

    const readable: [form: string, text: string, type: string][] = [
      ['PKCS#8', ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'ec'],
      ['SEC1', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), 'ec'],
      ['PKCS#1', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(), 'rsa'],
    ]
    for (const [form, text, type] of readable) {
      it(`is read in the form ${form}`, () => {
        expect(readPrivateKey(text, 'here').asymmetricKeyType).to.equal(type)
      })
      it(`is read in the form ${form} with CRLF line ends, prose and other blocks around it`, () => {
        const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
        const file = `key of the registry\n${parameters}${text}${pair.certificate}`.replaceAll('\n', '\r\n')
        expect(readPrivateKey(file, 'here').asymmetricKeyType).to.equal(type)
      })
    }

    const refused: [what: string, text: () => string, message: RegExp][] = [
      ['an empty file', () => '', /^here: there is no private key: it is not PEM/],
      ['other text', () => 'hello', /^here: there is no private key: it is not PEM/],
      ['a certificate', () => pair.certificate, /it holds CERTIFICATE; are certificate and key swapped\?$/],
      ['a public key', () => publicKey, /^here: there is no private key: it holds PUBLIC KEY$/],
      [
        'an encrypted PKCS#8 key',
        () => ec.privateKey.export({ type: 'pkcs8', ...locked }).toString(),
        /encrypted; write it without a passphrase/,
      ],
      [
        'an encrypted SEC1 key',
        () => ec.privateKey.export({ type: 'sec1', ...locked }).toString(),
        /encrypted; write it without a passphrase/,
      ],
      [
        'an OpenSSH key',
        () => '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
        /OpenSSH's own form; convert/,
      ],
      [
        'a damaged key',
        () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
        /the private key is damaged/,
      ],
      ['a key without its last line', () => newKey('P-256').split('-----END')[0]!, /it is not PEM/],
    ]
    for (const [what, text, message] of refused) {
      it(`refuses ${what} and says what to do`, () => {
        expect(() => readPrivateKey(text(), 'here')).to.throw(message)
      })
    }

    it('never shows the text of the file in a message', () => {
      fc.assert(
        fc.property(
          fc.base64String({ minLength: 12 }),
          fc.constantFrom('PRIVATE KEY', 'NOTE'),
          (body, label) => {
            const text = `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
            try {
              readPrivateKey(text, 'here')
            } catch (error) {
              expect(String(error)).not.to.include(body)
            }
          },
        ),
      )
    })
  })

  describe('certificates', () => {
    it('are read in the order of the file, whatever stands between them', async () => {
      const second = await newPair('P-256', { name: 'second' })
      const found = readCertificates(pair.certificate + second.key + second.certificate, 'here')
      expect(found.map(({ subject }) => subject)).to.deep.equal(['CN=test', 'CN=second'])
    })

    it('are missed in a file of another kind', () => {
      expect(() => readCertificates('', 'here')).to.throw(/^here: there is no certificate: it is not PEM/)
      expect(() => readCertificates(pair.key, 'here')).to.throw(
        /it holds PRIVATE KEY; are certificate and key swapped\?$/,
      )
    })

    it('are named by their place when damaged', () => {
      const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
      expect(() => readCertificates(pair.certificate + damaged, 'here')).to.throw(
        'here: certificate 2 is damaged',
      )
    })
  })
})
