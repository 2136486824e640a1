import { expect } from 'chai'
import fc from 'fast-check'
import { isPasswordHash, Secret } from '../../../core/plugin.ts'
import { createPasswords } from '../../../core/services/passwords.ts'
import { WorkPlaces } from '../../../core/work/places.ts'

// Cheap hashes of "correct horse", by who made them.
const HASHES: [string, string][] = [
  ['bcrypt by Apache htpasswd', '$2y$04$lIfric/XFgNr1jRKcDW5Xedk2jgI5W/2GF2Me7XYZJaIA39ZlJklG'],
  ['bcrypt by Go', '$2a$04$rCR1qDWGGfEAlDJ1j9T9JuHuit74hOP4ygrNh1pjhsplqCJaHB4lq'],
  ['bcrypt $2b$', '$2b$04$rCR1qDWGGfEAlDJ1j9T9JuHuit74hOP4ygrNh1pjhsplqCJaHB4lq'],
  [
    'argon2d',
    '$argon2d$v=19$m=64,t=1,p=1$Qsaj9bLc6+/7YgXXg0kbKg$3UGHCFWommyAigLbb8kDukmKDMdHo6UbpkLM1m3sKyg',
  ],
  [
    'argon2i',
    '$argon2i$v=19$m=64,t=1,p=1$/YmvVRe4XAflzg2F7mFbbw$LmlnY339RawfCeHHfPLWYgzE81B6YT5m9yZhnvAPALg',
  ],
  [
    'argon2id',
    '$argon2id$v=19$m=64,t=1,p=1$bLzigHZOhxvNbUpt9xWmLg$Q8m7thKxMb11KtR3Y4XsZ5CBTkX8y+YZGblNBJkcgCI',
  ],
  [
    'argon2id v16',
    '$argon2id$v=16$m=64,t=1,p=1$yZ/JjJhzolBW5OudIHpeHA$aJwg78SHwExMZqNUaRF409eVrTmNcAcnv82Nl9TAUjU',
  ],
]
const ARGON2 = HASHES[5]![1]
// Made by Go: of 72 letters x, and of "a", NUL, "b".
const OF_72_BYTES = '$2a$04$0gEtxpW32qrVVWm0w0WwiOqJkZqi9icpLH1QVrryTm4pfBWZ4OuO2'
const WITH_NUL = '$2a$04$z0oUlPeHwvS0ewKbHQP7Au.Pi5lhmdob.EvG.4Vf1OyIFphnKOmM6'

describe('passwords', () => {
  const NEVER = new AbortController().signal
  const passwords = createPasswords(new WorkPlaces(), 2 ** 30)
  const verify = (hash: string, password: string) => passwords.verify(hash, new Secret(password), NEVER)

  after(() => passwords.close())

  for (const [maker, hash] of HASHES) {
    it(`verifies ${maker}`, async () => {
      expect(await verify(hash, 'correct horse')).to.equal(true)
      expect(await verify(hash, 'correct Horse')).to.equal(false)
      expect(await verify(hash, '')).to.equal(false)
      expect(isPasswordHash(hash)).to.equal(true)
    })

    it(`verifies ${maker} with white space after it, as the end of a YAML block`, async () => {
      expect(await verify(`${hash}\n`, 'correct horse')).to.equal(true)
      expect(isPasswordHash(`${hash}\n`)).to.equal(true)
    })
  }

  const malformed = [
    '',
    'correct horse',
    '$2y$',
    '$2y$99$lIfric/XFgNr1jRKcDW5Xedk2jgI5W/2GF2Me7XYZJaIA39ZlJklG',
    HASHES[0]![1].slice(0, -1),
    '$1$salt$hash',
    '$argon2id$',
    '$argon2id$v=19$m=64',
    ARGON2.slice(0, -1),
    ARGON2.replace('v=19', 'v=18'),
    ARGON2.replace('t=1', 't=0'),
    ARGON2.replace('p=1', 'p=0'),
    ARGON2.replace('m=64', 'm=1'),
    ARGON2.replace('argon2id', 'argon2x'),
    `${ARGON2}\0`,
  ]
  for (const hash of malformed) {
    it(`finds that nothing matches ${JSON.stringify(hash)}`, async () => {
      expect(await verify(hash, 'correct horse')).to.equal(false)
      expect(await verify(hash, hash)).to.equal(false)
    })
  }

  it('never throws for a hash with a random fault', async () => {
    const hash = fc.constantFrom(...HASHES.map(([, text]) => text))
    await fc.assert(
      fc.asyncProperty(hash, fc.nat(60), fc.string({ maxLength: 3 }), async (text, at, insert) => {
        // Digits would ask for days of work.
        fc.pre(!/\d/.test(insert) && !/\d/.test(text[at] ?? ''))
        const broken = text.slice(0, at) + insert + text.slice(at + 1)
        fc.pre(broken !== text)
        expect(await verify(broken, 'another password')).to.equal(false)
      }),
    )
  })

  it('counts the first 72 bytes of a password for bcrypt, as Go does', async () => {
    const full = 'x'.repeat(72)
    expect(await verify(OF_72_BYTES, full)).to.equal(true)
    expect(await verify(OF_72_BYTES, `${full}and more`)).to.equal(true)
    expect(await verify(OF_72_BYTES, 'x'.repeat(71))).to.equal(false)
    expect(await verify(OF_72_BYTES, `${'x'.repeat(71)}y`)).to.equal(false)
  })

  it('keeps NUL bytes in a password, as Go does', async () => {
    expect(await verify(WITH_NUL, 'a\0b')).to.equal(true)
    expect(await verify(WITH_NUL, 'a')).to.equal(false)
    expect(await verify(WITH_NUL, 'a\0c')).to.equal(false)
    expect(await verify(ARGON2, 'correct horse\0')).to.equal(false)
  })

  it('refuses an argon2 hash that would take the memory of the whole machine, with the remedy', async () => {
    const greedy = ARGON2.replace('m=64', 'm=4294967295')
    const error = await verify(greedy, 'correct horse').catch((reason: Error) => reason)
    expect(error).to.be.an('error')
    expect(String(error)).to.include('4194304 MiB').and.include('smaller m=').and.not.include(greedy)
  })

  it('leaves the event loop free while it verifies', async () => {
    const hash = await passwords.hash(new Secret('correct horse'))
    let turns = 0
    let working = true
    const turn = () => {
      turns++
      if (working) setImmediate(turn)
    }
    setImmediate(turn)
    await verify(hash, 'correct horse')
    working = false
    expect(turns).to.be.greaterThan(1)
  })

  it('makes bcrypt hashes that it verifies, each with a salt of its own', async () => {
    const secret = new Secret('pässword ☃')
    const [first, second] = await Promise.all([passwords.hash(secret), passwords.hash(secret)])
    expect(first).to.match(/^\$2y\$10\$/)
    expect(first).not.to.equal(second)
    expect(await passwords.verify(first!, secret, NEVER)).to.equal(true)
    expect(isPasswordHash(first!)).to.equal(true)
  })

  it('hashes no password that bcrypt would cut', async () => {
    const hash = (text: string) => passwords.hash(new Secret(text)).catch((error: Error) => error)
    expect(await hash('é'.repeat(36))).to.be.a('string')
    expect(await hash(`${'é'.repeat(36)}x`)).to.be.instanceOf(RangeError)
  })

  it('gives a plain password the same fingerprint in every process, another for each salt', async () => {
    const of = (password: string, salt: string) => passwords.fingerprintOfPlain(new Secret(password), salt)
    expect(
      await Promise.all([
        of('first secret', 'dockwarden static bob'),
        of('first secret', 'dockwarden static ann'),
      ]),
    ).to.deep.equal(['o8fXZA0Vg1yjfm5H8wcz-z', 'CkNhsb3s6ynTwCAZhEIMcj'])
  })

  it('computes no more of those at once than there are cores, and never in the line of hashes', async () => {
    const places = new WorkPlaces()
    const single = createPasswords(places, 2 ** 30, 1)
    const made = ['a', 'b', 'c'].map((salt) => single.fingerprintOfPlain(new Secret('first secret'), salt))
    const counts = () => places.counts().map(({ name, running, waiting }) => ({ name, running, waiting }))
    expect(counts()).to.deep.equal([
      { name: 'password hashes', running: 0, waiting: 0 },
      { name: 'fingerprints of plain passwords', running: 1, waiting: 2 },
    ])
    await Promise.all(made)
    await single.close()
  })

  it('gives a fingerprint that changes with the hash and holds none of it', () => {
    const [one, other] = [HASHES[0]![1], HASHES[1]![1]]
    expect(passwords.fingerprint(one)).to.equal(passwords.fingerprint(`${one}\n`))
    expect(passwords.fingerprint(one)).not.to.equal(passwords.fingerprint(other))
    expect(passwords.fingerprint(one)).to.match(/^[\w-]{22}$/)
  })
})
