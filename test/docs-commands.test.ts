// Every command that the papers show is one: `dockwarden ...` is read by the real command line, and run where that is cheap; of
// other programs it is said what is done with them. How: test/support/page-commands.ts. What docs/plugins shows, test/docs.test.ts runs.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { needs } from './support/debian.ts'
import { dockwardenArguments } from './support/dockwarden-arguments.ts'
import { misread, PageCommands } from './support/page-commands.ts'
import { PageFolder } from './support/page-folder.ts'
import { blocksOf } from './support/pages.ts'
import { shellLines } from './support/shell-lines.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = globSync(['*.md', '{bench,docs,examples,load,plugins}/**/*.md'], { cwd: ROOT }).sort()

describe('the commands of the papers', () => {
  needs('bash', 'jq', 'openssl')
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const blocks = blocksOf(text)
    const shown = blocks.filter(({ language }) => language === 'sh' || language === 'console')

    if (shown.length > 0) {
      it(`${page}: are run, or known`, async function () {
        this.timeout(120_000)
        const place = await PageFolder.of(page, blocks)
        try {
          const commands = new PageCommands(page, place)
          const run = !page.startsWith('docs/plugins/')
          for (const block of shown)
            expect(await commands.judge(block, run), `${page}:${block.line}`).to.deep.equal([])
        } finally {
          place.remove()
        }
      })
    }

    const mentioned = [
      ...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/`(dockwarden [a-z][^`]*)`/g),
    ]
    if (mentioned.length > 0) {
      it(`${page}: those in sentences are read by the command line`, async () => {
        for (const [, command] of mentioned) {
          // Of choices the first one; what may be left out stands in brackets.
          const plain = command!.replaceAll(/\\\|[\w-]+/g, '').replaceAll(/\.\.\.|[[\]\n]/g, ' ')
          for (const { words } of shellLines(plain)[0]!.commands) {
            const args = dockwardenArguments(words)
            if (args) expect(await misread(args, true), `${page}: ${command}`).to.equal(undefined)
          }
        }
      })
    }
  }
})

describe('the examples in the help of commands', () => {
  it('are there for each', () => {
    const help = readFileSync(join(ROOT, 'docs/reference/commands.md'), 'utf8')
    for (const part of help.split(/^## /m).slice(1)) {
      const isGroup = /^Commands:/m.test(part)
      if (!isGroup) expect(part).to.match(/\nExamples:\n {2}dockwarden |\nExamples:\n {2}printf /)
    }
  })

  it('are read by the command line', async () => {
    const help = readFileSync(join(ROOT, 'docs/reference/commands.md'), 'utf8')
    const examples = [...help.matchAll(/^Examples:\n((?: {2}.*\n)+)/gm)].map(([, lines]) => lines!)
    expect(examples.length).to.be.greaterThan(12)
    for (const { text, commands } of examples.flatMap((lines) => shellLines(lines))) {
      const ours = commands.flatMap(({ words }) => {
        const args = dockwardenArguments(words)
        return args ? [args] : []
      })
      expect(ours, text).to.have.length(1)
      expect(await misread(ours[0]!), text).to.equal(undefined)
    }
  })
})

describe('lines of a shell', () => {
  const cases: [what: string, script: string, words: string[][][]][] = [
    ['comments', 'a b # c\n# d\ne#f', [[['a', 'b']], [['e#f']]]],
    ['lines that go on', 'a \\\n  b', [[['a', 'b']]]],
    ['quotes', `a 'b c' "d \\"e" f\\ g`, [[['a', 'b c', 'd "e', 'f g']]]],
    ['quotes over lines', "a 'b\nc'", [[['a', 'b\nc']]]],
    ['pipes and lists', 'a | b && c; d', [[['a'], ['b'], ['c'], ['d']]]],
    ['where it goes', 'a 2>&1 > b < c 2> d', [[['a']]]],
    ['variables', 'A=1 B="2 3" a', [[['a']]]],
    [
      'what is put in',
      'a "$(b "c d")" $(e f)',
      [
        [
          ['a', '$(b c d)', '$(e f)'],
          ['b', 'c d'],
          ['e', 'f'],
        ],
      ],
    ],
    ['here-documents', "a > b <<'EOF'\nit's\nEOF\nc", [[['a']], [['c']]]],
    ['loops', 'for x in y; do\n  a |\n    b\ndone\nc', [[['for', 'x', 'in', 'y'], ['a'], ['b']], [['c']]]],
    ['heads', 'for x in y; do a; done', [[['for', 'x', 'in', 'y'], ['a']]]],
  ]
  for (const [what, script, words] of cases) {
    it(`knows ${what}`, () => {
      expect(shellLines(script).map(({ commands }) => commands.map((one) => one.words))).to.deep.equal(words)
    })
  }
})

describe('the judge of commands', () => {
  const cases: [what: string, text: string, wrong: RegExp][] = [
    ['an option that is none', 'dockwarden check --jsn dockwarden.yml', /unknown option '--jsn'/],
    ['a command that is none', 'dockwarden chekc dockwarden.yml', /unknown command 'chekc'/],
    ['one in a container', 'docker exec auth dockwarden reload --now', /unknown option '--now'/],
    ['one at the end of a pipe', 'cat a.log | dockwarden explain --requst 1', /unknown option '--requst'/],
    ['a choice that is none', 'npm run -s dockwarden -- key export --format pem', /Allowed choices/],
    ['a program that nobody knows', 'sudo dockr ps', /in none of the lists/],
    ['a script that is not there', 'npm run nothing', /no script nothing/],
    ['a file that is not there', './nothing.sh', /no \.\/nothing\.sh/],
    ['what no shell reads', "echo 'a", /unexpected EOF/],
    ['what fails', 'dockwarden check nothing.yaml', /ended with 2/],
    ['what misses something', 'dockwarden token create --name laptop', /--account NAME/],
  ]
  for (const [what, text, wrong] of cases) {
    it(`refuses ${what}`, async () => {
      const block = { language: 'sh', mark: undefined, text, file: undefined, line: 1 }
      const place = await PageFolder.of('docs/page.md', [block])
      try {
        expect((await new PageCommands('docs/page.md', place).judge(block, true)).join('\n')).to.match(wrong)
      } finally {
        place.remove()
      }
    })
  }
})
