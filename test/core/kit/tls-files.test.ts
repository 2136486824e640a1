import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { expect } from 'chai'
import { tlsFiles } from '../../../core/kit/options.ts'
import { readTlsFiles, type TlsFiles, tryTlsFiles } from '../../../core/kit/tls-files.ts'
import { createFiles } from '../../../core/services/files.ts'
import { newPair } from '../../support/key-pairs.ts'

describe('the TLS files of who connects', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dockwarden-tls-files-'))
  const files = createFiles(folder)
  const file = (name: string, text: string) => writeFileSync(join(folder, name), text)

  before(async () => {
    const [own, ca, rsa] = [await newPair('P-256'), await newPair('P-256'), await newPair('RSA-2048')]
    file('own.crt', own.certificate)
    file('own.key', own.key)
    file('both.pem', `${own.key}\n${own.certificate}\n`)
    file('ca.pem', `# Grüße, in any encoding\n${ca.certificate}\n${own.certificate}`)
    file('rsa.key', rsa.key)
    file('empty.pem', '')
    file('der.pem', Buffer.from(own.certificate.replace(/-----.*-----/g, ''), 'base64').toString('latin1'))
    file(
      'damaged.pem',
      `${own.certificate}\n-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n`,
    )
    file('damaged.key', '-----BEGIN PRIVATE KEY-----\nbm9uZQ==\n-----END PRIVATE KEY-----\n')
    const secret = { cipher: 'aes-256-cbc', passphrase: 'hunter2', type: 'pkcs8', format: 'pem' } as const
    file('encrypted.key', createPrivateKey(own.key).export(secret).toString())
  })
  after(() => rmSync(folder, { recursive: true }))

  const GOOD: [what: string, given: TlsFiles | undefined, keys: string[]][] = [
    ['nothing', undefined, []],
    ['no file', {}, []],
    ['authorities', { ca: 'ca.pem' }, ['ca']],
    ['a certificate and its key', { certificate: 'own.crt', key: 'own.key' }, ['cert', 'key']],
    ['both in one file', { certificate: 'both.pem', key: 'both.pem' }, ['cert', 'key']],
    ['all three', { ca: 'ca.pem', certificate: 'own.crt', key: 'own.key' }, ['ca', 'cert', 'key']],
  ]
  for (const [what, given, keys] of GOOD) {
    it(`may be ${what}`, () => {
      const material = readTlsFiles(given, files)
      expect(Object.keys(material)).to.deep.equal(keys)
      createSecureContext(material)
    })
  }

  it('gives each authority by itself', () => {
    expect(readTlsFiles({ ca: 'ca.pem' }, files).ca).to.have.length(2)
  })

  const own = { certificate: 'own.crt', key: 'own.key' }
  const BAD: [what: string, given: TlsFiles, ...messages: RegExp[]][] = [
    ['a missing file', { ca: 'none.pem' }, /^tls\.ca: cannot read .*none\.pem: there is no such file$/],
    [
      'an empty file',
      { ca: 'empty.pem' },
      /^tls\.ca: .*empty\.pem holds no PEM certificate; export it as PEM$/,
    ],
    ['DER', { ca: 'der.pem' }, /^tls\.ca: .*der\.pem holds no PEM certificate; export it as PEM$/],
    ['a damaged certificate', { ca: 'damaged.pem' }, /^tls\.ca: .*damaged\.pem is damaged: certificate 2 /],
    [
      'a damaged key',
      { ...own, key: 'damaged.key' },
      /^tls\.key: .*damaged\.key holds a private key that can not be read; export it again as PEM$/,
    ],
    [
      'a key with a passphrase',
      { ...own, key: 'encrypted.key' },
      /^tls\.key: .*encrypted\.key is encrypted; store the key without a passphrase$/,
    ],
    [
      'the two swapped',
      { certificate: 'own.key', key: 'own.crt' },
      /^tls\.certificate: .*own\.key holds no PEM certificate, but a private key: are the two swapped\?$/,
      /^tls\.key: .*own\.crt holds no PEM private key, but a certificate: are the two swapped\?$/,
    ],
    [
      'a key of another certificate',
      { certificate: 'ca.pem', key: 'own.key' },
      /^tls\.key: .*own\.key is not the private key of .*ca\.pem; name the two that were made together$/,
    ],
    [
      'a key of another type',
      { ...own, key: 'rsa.key' },
      /^tls\.key: .*rsa\.key is not the private key of .*own\.crt; /,
    ],
    [
      'a certificate without its key',
      { certificate: 'own.crt' },
      /^tls: certificate and key belong together; /,
    ],
    [
      'several, all at once',
      { ca: 'empty.pem', ...own, key: 'none.key' },
      /^tls\.ca: .*empty\.pem /,
      /^tls\.key: cannot read .*none\.key/,
    ],
  ]
  for (const [what, given, ...messages] of BAD) {
    it(`can not be ${what}`, () => {
      const { faults } = tryTlsFiles(given, files)
      const lines = faults.map(({ option, message }) => `${option ? `tls.${option}` : 'tls'}: ${message}`)
      expect(lines).to.have.length(messages.length)
      for (const [index, message] of messages.entries()) expect(lines[index]).to.match(message)
      expect(() => readTlsFiles(given, files)).to.throw(lines.join('; '))
    })
  }

  it('are a certificate and a key, or neither, in every schema', () => {
    const { error } = tlsFiles.safeParse({ key: 'own.key' })
    expect(error?.issues.map(({ message }) => message)).to.deep.equal([
      'certificate and key belong together; name both or none',
    ])
  })
})
