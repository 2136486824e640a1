import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { SERVER, translateText } from '../../../support/docker-auth-form.ts'
import { newKey } from '../../../support/key-pairs.ts'

const CHAINS = 'users: {}\nacl: []\n'
const token = (text: string) => translateText(`token:\n${text}\n${SERVER}${CHAINS}`)

describe("docker_auth's token section", () => {
  const pieces: [string, string, object][] = [
    [
      'its own pair',
      ' issuer: 007\n expiration: 900\n certificate: c\n key: k',
      { issuer: '007', expiration: 900, keys: [{ certificate: 'c', key: 'k' }], x5c: false },
    ],
    [
      'the standard key id',
      ' issuer: x\n expiration: 1_000.9\n certificate: c\n key: k\n disable_legacy_key_id: on',
      {
        issuer: 'x',
        expiration: 1000,
        keys: [{ certificate: 'c', key: 'k' }],
        key_id: 'thumbprint',
        x5c: false,
      },
    ],
    [
      'native keys',
      ' issuer: x\n expiration: 900\n keys: [{ key: other }]\n key_id: thumbprint\n x5c: true',
      { issuer: 'x', expiration: 900, keys: [{ key: 'other' }], key_id: 'thumbprint', x5c: true },
    ],
  ]
  for (const [name, text, expected] of pieces) {
    it(`becomes the native one: ${name}`, () => {
      const { native, problems, warnings } = token(text)
      expect([...problems, ...warnings]).to.deep.equal([])
      expect(native.token).to.deep.equal(expected)
    })
  }

  it("signs with the server's pair when it has none", () => {
    const { native, problems } = translateText(
      `server: { addr: ":1", certificate: sc, key: sk }\ntoken: { issuer: x, expiration: 900 }\n${CHAINS}`,
    )
    expect(problems).to.deep.equal([])
    expect(native.token.keys).to.deep.equal([{ certificate: 'sc', key: 'sk' }])
  })

  for (const [text, seconds] of [
    ['0o17777', 8_191],
    ['0x384', 900],
    ['3153600000', 3_153_600_000],
  ] as const) {
    it(`takes the expiration ${text} as Go does`, () => {
      const { native, warnings } = token(` issuer: x\n expiration: ${text}\n certificate: c\n key: k`)
      expect(warnings).to.deep.equal([])
      expect(native.token.expiration).to.equal(seconds)
    })
  }

  for (const text of ['3153600001', '9e15', '1e18', '9223372036854775807']) {
    it(`takes the expiration ${text} as a hundred years, with a warning`, () => {
      const { native, problems, warnings } = token(
        ` issuer: x\n expiration: ${text}\n certificate: c\n key: k`,
      )
      expect(problems).to.deep.equal([])
      expect(native.token.expiration).to.equal(3_153_600_000)
      expect(warnings.join()).to.match(
        /^f:3:2: token\.expiration: \d+ seconds are taken as 3153600000, since that is a hundred years; write 3153600000$/,
      )
    })
  }

  it('takes an expiration of less than a minute as a minute, with a warning', () => {
    const { native, warnings } = token(' issuer: x\n expiration: 1\n certificate: c\n key: k')
    expect(native.token.expiration).to.equal(60)
    expect(warnings.join()).to.match(/^f:3:2: token.expiration: 1 seconds are taken as 60, since/)
  })

  const faults: [string, string][] = [
    [
      ' expiration: 9\n certificate: c\n key: k',
      "f:1:1: token.issuer: is missing; write the registry's auth.token.issuer",
    ],
    [
      ' issuer: ""\n expiration: 9\n certificate: c\n key: k',
      "f:2:10: token.issuer: is missing; write the registry's auth.token.issuer",
    ],
    [
      ' issuer: x\n expiration: -1\n certificate: c\n key: k',
      'f:3:14: token.expiration: must be a number of seconds greater than 0, such as 900',
    ],
    [
      ' issuer: x\n expiration: 15m\n certificate: c\n key: k',
      'f:3:14: token.expiration: must be a number of seconds, without quotes; write 900',
    ],
    [
      ' issuer: x\n expiration: .inf\n certificate: c\n key: k',
      'f:3:14: token.expiration: must be a whole number, without quotes',
    ],
    [
      ' issuer: x\n expiration: 900\n key: k',
      'f:1:1: token.certificate: is missing beside key; name both files or neither',
    ],
    [
      ' issuer: x\n expiration: 900\n key: k\n certificate: c\n keys: []',
      "f:6:2: token.keys: stands beside certificate, which is docker_auth's form of it; remove one of the two",
    ],
  ]
  for (const [text, expected] of faults) {
    it(`is refused with ${expected.replace(/;.*/, '')}`, () => {
      const { problems, warnings } = token(text)
      expect(problems).to.deep.equal([expected])
      expect(warnings.join()).not.to.contain('unknown')
    })
  }

  describe('with disable_legacy_key_id', () => {
    let folder: string
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
    })
    after(() => rmSync(folder, { recursive: true }))

    for (const [type, x5c] of [
      ['P-256', true],
      ['RSA-2048', false],
    ] as const) {
      it(`${x5c ? 'puts' : 'does not put'} the certificate of a ${type} key into tokens`, () => {
        const key = join(folder, `${type}.key`)
        writeFileSync(key, newKey(type))
        const text = (legacy: boolean) =>
          ` issuer: x\n expiration: 900\n certificate: c\n key: ${key}\n disable_legacy_key_id: ${legacy}`
        expect(token(text(true)).native.token).to.include({ key_id: 'thumbprint', x5c })
        expect(token(text(false)).native.token).to.have.property('x5c', false)
        expect(token(`${text(true)}\n x5c: ${!x5c}`).native.token).to.have.property('x5c', !x5c)
      })
    }
  })
})
