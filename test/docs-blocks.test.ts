// Every block of YAML and JSON that the papers show is what it says: configurations pass `dockwarden check`, the rest is read by
// whoever reads it. How a block says what it is: test/support/page-yaml.ts; a new kind of block needs a mark there, none is passed over.
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { PageFolder } from './support/page-folder.ts'
import { judgeJson, judgeYaml } from './support/page-yaml.ts'
import { blocksOf } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = globSync(['*.md', '{bench,docs,examples,load,plugins}/**/*.md'], { cwd: ROOT }).sort()
/** Pages whose blocks are held to more, by a test of their own: test/docs-cookbook.test.ts. */
const OWN_TEST = /(^|\/)acl-cookbook\.md$/
/** What begins or ends a block, also in a quotation or in ways that are not used here. */
const FENCE = /^[ \t>]*(```|~~~)/m
/** What is shown besides, in words that highlighters know. */
const LANGUAGES = new Set(
  'yaml json sh console text ts js python ini csv nginx haproxy caddyfile toml sql promql diff ldif'.split(
    ' ',
  ),
)

describe('the blocks of the papers', () => {
  for (const page of PAGES.filter((name) => !OWN_TEST.test(name))) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const blocks = blocksOf(text)
    if (!FENCE.test(text)) continue
    describe(page, () => {
      let place: PageFolder
      before(async () => {
        place = await PageFolder.of(page, blocks)
      })
      after(() => place.remove())

      for (const block of blocks.filter(({ language }) => language === 'yaml')) {
        it(`line ${block.line} is YAML that passes`, async () => {
          expect(await judgeYaml(block, place), `${page}:${block.line}`).to.deep.equal([])
        })
      }

      it('has no block that is not found here: three backquotes, as deep at the end as at the start', () => {
        expect(text.match(new RegExp(FENCE, 'gm'))).to.have.length(2 * blocks.length)
      })

      it('names the language of each, and has JSON that can be read', () => {
        for (const block of blocks) {
          const where = `${page}:${block.line}`
          expect([...LANGUAGES], `${where}: the fence must name its language`).to.include(block.language)
          if (block.language === 'json') expect(judgeJson(block), where).to.deep.equal([])
        }
      })
    })
  }
})

describe('the judge of blocks', () => {
  const cases: [what: string, language: string, mark: string | undefined, text: string, wrong: RegExp][] = [
    ['a file of somebody', 'yaml', undefined, 'services: {}', /a comment above it must say what it is/],
    ['a mark that nobody knows', 'yaml', 'ruels', '- {}', /is no mark/],
    ['somebody whom nobody knows', 'yaml', 'of Nobody', 'a: 1', /nobody knows Nobody/],
    ['a key that is not theirs', 'yaml', 'of Distribution', 'htttp: {}', /htttp is no key of Distribution/],
    ['broken YAML', 'yaml', 'of Helm', 'a: [', /./],
    ['a misspelt key', 'yaml', undefined, 'server: { lisen: ":1" }', /did you mean "listen"/],
    ['a wrong option', 'yaml', 'options of http', 'acept: "true"', /acept/],
    ['a wrong rule', 'yaml', 'rules', '- { match: { nmae: a }, actions: [pull] }', /nmae/],
    ['a wrong section of docker_auth', 'yaml', undefined, 'ext_auth: { args: [a] }', /command/],
    [
      'a key that docker_auth has not',
      'yaml',
      undefined,
      'ldap_auth: { addr: a, base: b, filtr: c }',
      /filtr/,
    ],
    ['a wrong case', 'yaml', undefined, 'cases: [{ scop: a }]', /scop/],
    ['what is right', 'yaml', 'wrong', 'server: { listen: "127.0.0.1:0" }', /check takes it/],
    ['broken JSON', 'json', undefined, '{"a":', /no JSON/],
    ['JSON of somebody', 'json', undefined, '{"a":1}', /no answer of the server/],
  ]
  for (const [what, language, mark, text, wrong] of cases) {
    it(`refuses ${what}`, async () => {
      const block = { language, mark, text, file: undefined, line: 1 }
      const place = await PageFolder.of('docs/page.md', [block])
      try {
        const said = language === 'json' ? judgeJson(block) : await judgeYaml(block, place)
        expect(said.join('\n')).to.match(wrong)
      } finally {
        place.remove()
      }
    })
  }
})
