// docs/troubleshooting.md is of one form, so that it can be read at night: each symptom of the first table leads to a section, and each
// section has what is seen, one command, and a table of causes. What it quotes of our own words is what the sources say.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'

const ROOT = resolve(import.meta.dirname, '..')
const PAGE = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8')
const [START, ...SECTIONS] = PAGE.split(/^## /m)
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')

/** Our own words on the page. */
const OURS = [
  'wrong user name or password',
  'refused before',
  'authentication required',
  'is not known',
  'is not there',
  'none matched',
  'the authentication service is temporarily unavailable; try again',
  'no answer in time',
  'no refresh token could be made',
  'no turn in time',
  'stayed busy',
  'the line is too long',
  'too many wrong passwords for this account from your network',
  'TLS on the HTTP port',
  'Client sent an HTTP request to an HTTPS server',
  'refused before the token endpoint',
  'the refresh token is not good, or not any more',
  'the text is no token of this server',
  'not read again: nothing has changed in the server',
  'nothing is different',
  'this server runs with',
  'and only a restart of the server takes that',
  'no server answers at',
  "can't be used",
  'make room on its disk',
  'another process keeps it locked; end that one',
  'not ready',
  'MiB left',
  'permission denied for the user that runs Dockwarden',
  'another process does',
  'set server.state_dir or DOCKWARDEN_STATE_DIR to a folder that can be written',
  'the environment variable',
]

describe('docs/troubleshooting.md', () => {
  const sections = SECTIONS.map((section) => ({ heading: section.split('\n')[0]!, text: section }))

  it('leads from each symptom to its section, and to all of them', () => {
    const led = [...START!.matchAll(/\]\(#([\w-]+)\) \|$/gm)].map(([, to]) => to)
    expect(led).to.deep.equal(sections.map(({ heading }) => anchor(heading)))
  })

  for (const { heading, text } of sections) {
    it(`${heading}: says what is seen, what tells the causes apart, and the remedies`, () => {
      expect(text).to.match(/\n\*\*Seen\*\*[:,]/)
      expect(text).to.match(/\n\*\*Told apart by\*\*[^\n]*:\n\n(<!-- .* -->\n)?```sh\n/)
      const rows = text.split('\n').filter((line) => /^\| (?!---)/.test(line))
      expect(rows.length).to.be.at.least(4)
      // The last cell is what to do.
      for (const row of rows) expect(row.split('|').at(-2)!.trim(), row).to.not.equal('')
    })
  }

  it('quotes our own words as they are', () => {
    const sources = globSync('{core,plugins}/**/*.ts', { cwd: ROOT })
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(ROOT, name), 'utf8'))
      .join('\n')
    for (const words of OURS) {
      expect(PAGE, words).to.contain(words)
      expect(sources.includes(words), words).to.equal(true)
    }
  })
})
