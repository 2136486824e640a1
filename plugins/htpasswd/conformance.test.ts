import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { atOnce, faultOfAccount, isPasswordHash, parsePasswordFile } from '../../core/plugin.ts'
import { conformance, testHost } from '../../core/testing/index.ts'
import plugin from './index.ts'

const parseHtpasswd = (...given: Parameters<typeof parsePasswordFile>) => atOnce(parsePasswordFile(...given))

// Hashes of "correct horse".
const BCRYPT = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'
const ARGON2 =
  '$argon2id$v=19$m=64,t=1,p=1$9IoKlYb5IAHuQtBvSwHBvg$lRqkNvFe2luV03DVl2rhU2vTlN8FZ4tzwy2/0kGeOqA'

const folder = mkdtempSync(join(tmpdir(), 'dockwarden-htpasswd-'))
writeFileSync(
  join(folder, 'users'),
  [
    '# the team',
    '',
    `bob:${BCRYPT}`,
    `  ann:${ARGON2}:what follows is ignored\r`,
    'apache:$apr1$a1b2c3d4$0123456789abcdefghijkl',
    `constructor:${BCRYPT}`,
    `__proto__:${BCRYPT}`,
  ].join('\n'),
)

conformance(plugin, {
  host: () => testHost({ base: folder }),
  options: () => ({ file: 'users', labels: { team: 'platform' } }),
  invalid: [
    { options: { file: '' }, path: 'file', message: /must be a path/ },
    {
      options: { file: 'users', first_user: 'admin' },
      path: 'first_user',
      message: /dockwarden user add NAME --file FILE/,
    },
    { options: { first_user: 'a:b' }, path: 'first_user', message: /letters, digits/ },
    {
      options: { file: 'missing' },
      message:
        /cannot read .*missing: there is no such file; dockwarden user add NAME --file .*missing makes one/,
    },
    { options: { file: '.' }, message: /it is a folder/ },
  ],
  accepts: [
    { account: 'bob', password: 'correct horse', labels: { team: ['platform'] } },
    { account: 'ann', password: 'correct horse', labels: { team: ['platform'] } },
    { account: 'constructor', password: 'correct horse' },
    { account: '__proto__', password: 'correct horse' },
  ],
  rejects: [
    { account: 'bob', password: 'wrong horse' },
    { account: 'ann', password: '' },
    { account: 'bob', password: BCRYPT },
    { account: 'apache', password: 'correct horse' },
  ],
  passes: [
    { account: 'nobody', password: 'correct horse' },
    { account: 'toString', password: 'correct horse' },
    { account: '# the team', password: 'correct horse' },
    { account: '', password: 'correct horse' },
  ],
})

describe('a password file', () => {
  after(() => rmSync(folder, { recursive: true }))

  const unsupported: [string, RegExp][] = [
    ['{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', /a SHA-1 hash/],
    ['$apr1$a1b2c3d4$0123456789abcdefghijkl', /an MD5 hash/],
    ['$6$rounds=5000$salt$0123456789', /a SHA crypt hash/],
    ['rqXexS6ZhobKA', /a crypt hash or a plain password/],
    ['', /a crypt hash or a plain password/],
    [BCRYPT.slice(0, -1), /a damaged bcrypt or argon2 hash/],
  ]
  for (const [hash, message] of unsupported) {
    it(`keeps a user with ${message.source} out, and says so without the hash`, () => {
      const { users, faults } = parseHtpasswd(`# first\nbob:${hash}\n`)
      expect([...users]).to.deep.equal([['bob', undefined]])
      expect(faults).to.have.length(1)
      expect(faults[0]).to.include({ line: 2 })
      expect(faults[0]!.message)
        .to.match(message)
        .and.match(/dockwarden user passwd/)
      if (hash !== '') expect(faults[0]!.message).not.to.include(hash)
    })
  }

  it('takes the first of two lines for one user, and names the second', () => {
    const { users, faults } = parseHtpasswd(`bob:${BCRYPT}\nann:${BCRYPT}\nbob:${ARGON2}`)
    expect(users.get('bob')).to.equal(BCRYPT)
    expect(faults.map(({ line }) => line)).to.deep.equal([3])
  })

  for (const [name, message] of [
    ['bob\u200b', 'the user name has U+200B in it'],
    ['bo\u202eb', 'the user name has U+202E in it'],
    ['bob ', 'the user name has white space at an end (U+0020)'],
  ] as const) {
    it(`keeps a user out whom nobody can be: ${message}`, () => {
      const { users, faults } = parseHtpasswd(`ann:${BCRYPT}\n${name}:${BCRYPT}\n`)
      expect(users.get(name)).to.equal(undefined)
      expect(faults).to.deep.equal([
        { line: 2, message: `${message}, which no account can have; write another name` },
      ])
    })
  }

  it('reports lines that are no user:hash', () => {
    expect(parseHtpasswd(`bob\n:${BCRYPT}\n`).faults.map(({ line }) => line)).to.deep.equal([1, 2])
  })

  it('reads back every user that was written, whatever the name', () => {
    const name = fc.stringMatching(/^[^\s:#\p{C}][^:\n\r]*$/u).map((text) => text.trim())
    fc.assert(
      fc.property(fc.uniqueArray(name.filter((text) => text !== '' && !faultOfAccount(text))), (names) => {
        const text = names.map((user) => `${user}:${BCRYPT}\n`).join('')
        expect(parseHtpasswd(text)).to.deep.equal({
          users: new Map(names.map((user) => [user, BCRYPT])),
          faults: [],
        })
      }),
    )
  })

  it('takes any text without an exception, and only whole hashes as such', () => {
    const line = fc.oneof(
      fc.string(),
      fc.string().map((text) => `${text}:${BCRYPT}`),
      fc.constant('\r'),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const { users } = parseHtpasswd(lines.join('\n'))
        for (const [user, hash] of users)
          expect(user !== '' && (hash === undefined || isPasswordHash(hash))).to.equal(true)
      }),
    )
  })
})
