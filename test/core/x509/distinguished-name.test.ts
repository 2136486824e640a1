import 'reflect-metadata'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { Name, X509CertificateGenerator } from '@peculiar/x509'
import { expect } from 'chai'
import fc from 'fast-check'
import { elements, only, TAG } from '../../../core/x509/der.ts'
import { canonicalName } from '../../../core/x509/distinguished-name.ts'
import { der } from '../../support/client-certificates.ts'
import { runs } from '../../support/properties.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** Sets of attributes: type, tag and content. */
type Parts = readonly (readonly (readonly [type: string, tag: number, content: Buffer])[])[]

const PRINTABLE = 0x13
const UTF8 = 0x0c
const CN = '550403'
const OU = '55040b'

function nameOf(parts: Parts): Buffer {
  const sets = parts.map((attributes) => {
    const sequences = attributes.map(([type, tag, content]) =>
      der(0x30, Buffer.concat([der(TAG.oid, Buffer.from(type, 'hex')), der(tag, content)])),
    )
    return der(0x31, Buffer.concat(sequences.sort(Buffer.compare)))
  })
  return der(0x30, Buffer.concat(sets))
}

/** What OpenSSL says: could one with the first name have issued what has the second one as its issuer? */
async function sameForOpenssl(one: Buffer, other: Buffer): Promise<boolean> {
  const certificate = async (subject: Buffer, issuer: Buffer) => {
    const made = await X509CertificateGenerator.create({
      ...{ subject: new Name(subject), issuer: new Name(issuer), signingAlgorithm: ALGORITHM },
      publicKey: publicKey.toCryptoKey(ALGORITHM, true, ['verify']),
      signingKey: privateKey.toCryptoKey(ALGORITHM, true, ['sign']),
    })
    return new X509Certificate(Buffer.from(made.rawData))
  }
  const leaf = nameOf([[[CN, UTF8, Buffer.from('leaf')]]])
  return (await certificate(leaf, other)).checkIssued(await certificate(one, one))
}

const same = (one: Buffer, other: Buffer) => canonicalName(one) === canonicalName(other)

describe('two distinguished names', () => {
  const plain = nameOf([[[CN, PRINTABLE, Buffer.from('Example Clients')]]])
  const cases: [string, Buffer, boolean][] = [
    ['another kind of string', nameOf([[[CN, UTF8, Buffer.from('Example Clients')]]]), true],
    ['two bytes for each letter', nameOf([[[CN, 0x1e, utf16('Example Clients')]]]), true],
    ['other case and white space', nameOf([[[CN, UTF8, Buffer.from('  example \t CLIENTS ')]]]), true],
    ['white space less', nameOf([[[CN, UTF8, Buffer.from('ExampleClients')]]]), false],
    ['another attribute', nameOf([[[OU, PRINTABLE, Buffer.from('Example Clients')]]]), false],
    [
      'one more attribute',
      nameOf([[[CN, UTF8, Buffer.from('Example Clients')]], [[OU, UTF8, Buffer.from('x')]]]),
      false,
    ],
    [
      'a kind of string that only holds digits',
      nameOf([[[CN, 0x12, Buffer.from('Example Clients')]]]),
      false,
    ],
    ['nothing', nameOf([]), false],
  ]
  for (const [name, other, expected] of cases) {
    it(`${name}: they are ${expected ? 'the same' : 'not the same'}, as for OpenSSL`, async () => {
      expect(same(plain, other)).to.equal(expected)
      expect(await sameForOpenssl(plain, other)).to.equal(expected)
    })
  }

  it('of several parts are the same only in the same order', async () => {
    const one = [[CN, UTF8, Buffer.from('a')]] as const
    const two = [[OU, UTF8, Buffer.from('b')]] as const
    const [forth, back] = [nameOf([one, two]), nameOf([two, one])]
    expect(same(forth, back))
      .to.equal(await sameForOpenssl(forth, back))
      .and.to.equal(false)
  })

  it('are the same whenever they are for OpenSSL', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'A', 'b', ' ', '\t', 'é', 'É', '"'),
      minLength: 1,
      maxLength: 4,
    })
    const value = text.map((content) => [UTF8, Buffer.from(content)] as const)
    const wide = text.map((content) => [0x1e, utf16(content)] as const)
    const attribute = fc
      .tuple(fc.constantFrom(CN, OU), fc.oneof(value, wide))
      .map(([type, [tag, content]]) => [type, tag, content] as const)
    const name = fc.array(fc.array(attribute, { minLength: 1, maxLength: 2 }), { maxLength: 2 }).map(nameOf)
    await fc.assert(
      fc.asyncProperty(name, name, async (one, other) => {
        expect(same(one, other)).to.equal(await sameForOpenssl(one, other))
      }),
      runs(200),
    )
  })
})

describe('DER', () => {
  const bad: [string, string][] = [
    ['nothing', ''],
    ['a tag alone', '30'],
    ['less than its length says', '300500'],
    ['a length without its bytes', '3082'],
    ['a length of no definite form', '30800000'],
    ['a length of five bytes', '30850000000001'],
    ['a tag of several bytes', '3f0100'],
    ['something after it', '300000'],
    ['another tag', '3100'],
  ]
  for (const [name, hexadecimal] of bad) {
    it(`is not ${name}`, () => {
      expect(() => only(Buffer.from(hexadecimal, 'hex'), TAG.sequence)).to.throw(/DER/)
    })
  }

  it('is read element by element, or not at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        const bytes = Buffer.from(array)
        let found: Buffer[]
        try {
          found = Array.from(elements(bytes), ({ raw }) => raw)
        } catch (error) {
          expect((error as Error).message).to.contain('DER')
          return
        }
        expect(Buffer.concat(found)).to.deep.equal(bytes)
      }),
    )
  })
})

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16()
}
