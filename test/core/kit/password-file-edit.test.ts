import { expect } from 'chai'
import fc from 'fast-check'
import { parsePasswordFile } from '../../../core/kit/password-file.ts'
import { withHash, withoutUser } from '../../../core/kit/password-file-edit.ts'
import { decodeBesideComments } from '../../../core/kit/text-files.ts'
import { atOnce, faultOfAccount } from '../../../core/plugin.ts'

const OLD = '$2y$04$Dkvkj4db8W9HphejwKaPoey76gWMP0Iodssdq4flLF6pZXQenNovm'
const NEW = '$2y$04$WXGiZmyWEJOv0xRPsRJMAO8z2bc8drwSg4dCLkUbIqNzCvBpLTgWi'

const edit = (text: string, user = 'bob') =>
  withHash(Buffer.from(text, 'latin1'), user, NEW).toString('latin1')
const remove = (text: string, user = 'bob') =>
  withoutUser(Buffer.from(text, 'latin1'), user).toString('latin1')
const read = (bytes: Buffer) => atOnce(parsePasswordFile(decodeBesideComments(bytes)))

describe('an edit of a password file', () => {
  for (const [title, before, after] of [
    ['an empty file', '', `bob:${NEW}\n`],
    ['only comments', '# team\n\n', `# team\n\nbob:${NEW}\n`],
    ['a last line without its end', `ann:${OLD}`, `ann:${OLD}\nbob:${NEW}\n`],
    ['lines of Windows', `# team\r\nann:${OLD}\r\n`, `# team\r\nann:${OLD}\r\nbob:${NEW}\r\n`],
    ['the same without its end', `# team\r\nann:${OLD}`, `# team\r\nann:${OLD}\r\nbob:${NEW}\r\n`],
    ['a user between others', `ann:${OLD}\nbob:${OLD}\n# z\n`, `ann:${OLD}\nbob:${NEW}\n# z\n`],
    ['what follows the hash', `  bob:${OLD}:1 \r\n`, `  bob:${NEW}:1 \r\n`],
    ['white space behind the hash', `bob:${OLD} \t\r\n`, `bob:${NEW} \t\r\n`],
    ['no hash yet', 'bob:\n', `bob:${NEW}\n`],
    ['two lines for one user', `bob:${OLD}\nann:x\nbob:y\n`, `bob:${NEW}\nann:x\n`],
    ['a name without a hash', 'bob\n', `bob\nbob:${NEW}\n`],
    ['a comment that is no UTF-8', '# \xe9\n', `# \xe9\nbob:${NEW}\n`],
    ['a byte order mark', `\xef\xbb\xbfbob:${OLD}\n`, `\xef\xbb\xbfbob:${NEW}\n`],
    ['a commented user', `#bob:${OLD}\n`, `#bob:${OLD}\nbob:${NEW}\n`],
  ] as const) {
    it(`sets a user in ${title}`, () => expect(edit(before)).to.equal(after))
  }

  for (const [title, before, after] of [
    ['the only line', `bob:${OLD}\n`, ''],
    ['all lines of his', `bob:x\n# a\nbob:${OLD}\nann:y`, '# a\nann:y'],
    ['no comment, and nobody with a longer name', `#bob:x\nbobby:${OLD}\n`, `#bob:x\nbobby:${OLD}\n`],
  ] as const) {
    it(`removes ${title}`, () => expect(remove(before)).to.equal(after))
  }

  it('is read back as it was meant, with everything else as it was', () => {
    const name = fc
      .stringMatching(/^[^\s:#\p{C}][^:\n\r]*$/u)
      .map((text) => text.trim())
      .filter((text) => text !== '' && !faultOfAccount(text))
    const line = fc.oneof(
      name.map((user) => `${user}:${OLD}`),
      fc.constantFrom('', '# note', '\r', 'bob', `bob:${OLD}`, ` bob:${OLD}:x\r`, 'bob:x'),
      fc.string().map((text) => text.replaceAll('\n', ' ')),
    )
    fc.assert(
      fc.property(fc.array(line), name, (lines, user) => {
        const before = Buffer.from(lines.join('\n').replace(/^\ufeff/, ''))
        const { users } = read(before)
        const after = withHash(before, user, NEW)
        expect(read(after).users).to.deep.equal(new Map([...users, [user, NEW]]))
        const gone = new Map(users)
        gone.delete(user)
        expect(read(withoutUser(before, user)).users).to.deep.equal(gone)
        expect(read(withoutUser(after, user)).users).to.deep.equal(gone)
      }),
    )
  })
})
