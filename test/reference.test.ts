// docs/reference is what the schemas and the commands say now, and says all of it.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect } from 'chai'
import { BUILT_IN } from '../plugins/index.ts'
import { referencePages } from '../scripts/reference/pages.ts'
import { rowsOf, type Schema, tableOf } from '../scripts/reference/schema-rows.ts'
import { deadLinks } from './support/pages.ts'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'docs/reference')
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')

describe('docs/reference', () => {
  it('is fresh; else npm run schema writes it anew', async () => {
    const pages = await referencePages()
    expect(readdirSync(FOLDER).sort()).to.deep.equal(pages.map(([name]) => name).sort())
    for (const [name, text] of pages) expect(read(name), `${name}: run npm run schema`).to.equal(text)
  })

  it('has no dead links', () => {
    for (const name of readdirSync(FOLDER)) expect(deadLinks(join(FOLDER, name))).to.deep.equal([])
  })

  it('has each built-in plugin in each list, and each key of it', () => {
    const page = read('configuration.md')
    for (const [kind, plugins] of Object.entries(BUILT_IN))
      for (const name of plugins.keys()) expect(page).to.contain(`\n### ${kind}s: ${name}\n`)
    const { properties } = JSON.parse(readFileSync(join(ROOT, 'config/dockwarden.schema.json'), 'utf8'))
    for (const list of ['authenticators', 'labelers', 'authorizers']) {
      for (const { if: named, then } of properties[list].items.allOf) {
        const part = page
          .split(`\n### ${list}: ${named.properties.plugin.enum[0]}\n`)[1]!
          .split('\n## ')[0]!
          .split('\n### ')[0]!
        for (const key of Object.keys(then.properties.options.properties ?? {}))
          expect(part).to.contain(`| \`${key}\` |`)
      }
    }
  })

  it('has the help of each command, and none that is for shells only', () => {
    const page = read('commands.md')
    for (const command of [
      'dockwarden serve',
      'dockwarden token create',
      'dockwarden policy diff',
      'dockwarden init',
    ])
      expect(page).to.contain(`## ${command}\n\n\`\`\`text\nUsage: ${command}`)
    expect(page).to.contain('Examples:').and.to.not.contain('__complete')
  })
})

describe('docs/reference/plugin-api.md', () => {
  const page = read('plugin-api.md')

  it('has what plugins import, each with a sentence', async () => {
    const names = readFileSync(join(ROOT, 'core/face/plugin.ts'), 'utf8').matchAll(/^ {2}(?:type )?(\w+),$/gm)
    for (const [, name] of names) if (name !== 'z') expect(page).to.contain(`\n### ${name}\n`)
    const mute = page.split(/^### /m).filter((part) => /^\w+\n\n```/.test(part))
    expect(mute.map((part) => part.split('\n')[0])).to.deep.equal([])
  })

  it('shows what is promised, not what is inside', () => {
    expect(page).to.contain('function accept(\n').and.to.contain('class Busy extends Error {\n')
    expect(page).to.not.match(/\bsuper\(|^ +this\.|#\w+ = /m)
    expect(page).to.contain('- `most`: steps')
  })
})

describe('a schema as rows', () => {
  const cases: [what: string, schema: Schema, rows: string[]][] = [
    [
      'a text that is required',
      { properties: { a: { type: 'string', description: 'Which.' } }, required: ['a'] },
      ['`a` | text | required | Which.'],
    ],
    [
      'a default',
      { properties: { a: { type: 'string', default: 'x' } }, required: ['a'] },
      ['`a` | text | `"x"` | '],
    ],
    ['an empty default', { properties: { a: { type: 'object', default: {} } } }, ['`a` | map |  | ']],
    [
      'a false default',
      { properties: { a: { type: 'boolean', default: false } } },
      ['`a` | `true`, `false` | `false` | '],
    ],
    ['a choice', { properties: { a: { type: 'string', enum: ['x', 'y'] } } }, ['`a` | `"x"`, `"y"` |  | ']],
    [
      'a secret',
      { properties: { a: { type: 'string', writeOnly: true } } },
      ['`a` | secret: `!env NAME` or `!file PATH` |  | '],
    ],
    [
      'bounds',
      { properties: { a: { type: 'integer', minimum: 1, maximum: 9 } } },
      ['`a` | integer, 1 to 9 |  | '],
    ],
    [
      'no upper bound',
      { properties: { a: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } } },
      ['`a` | integer, at least 1 |  | '],
    ],
    [
      'no bounds',
      {
        properties: {
          a: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
        },
      },
      ['`a` | integer |  | '],
    ],
    [
      'words that would end a cell',
      { properties: { a: { description: 'a|b\nc <d>' } } },
      ['`a` | anything |  | a\\|b c &lt;d>'],
    ],
    [
      'a list of maps',
      {
        properties: {
          a: {
            type: 'array',
            items: { type: 'object', properties: { b: { type: 'string' } }, required: ['b'] },
          },
        },
      },
      ['`a` | list of: map |  | ', '`a[].b` | text | required | '],
    ],
    [
      'names that are chosen',
      {
        properties: {
          a: {
            type: 'object',
            additionalProperties: { type: 'object', properties: { b: { type: 'string' } } },
          },
        },
      },
      ['`a` | map of names to: map |  | ', '`a.NAME.b` | text |  | '],
    ],
    [
      'ways to write it: what only one of them needs is not required',
      {
        properties: {
          a: {
            anyOf: [
              { const: false },
              {
                type: 'object',
                properties: { b: { type: 'string' }, c: { type: 'string' } },
                required: ['b', 'c'],
              },
              {
                type: 'object',
                properties: { b: { type: 'string' }, d: { type: 'string' } },
                required: ['b', 'd'],
              },
            ],
          },
        },
      },
      [
        '`a` | `false` or map |  | ',
        '`a.b` | text | required | ',
        '`a.c` | text |  | ',
        '`a.d` | text |  | ',
      ],
    ],
  ]
  for (const [what, schema, rows] of cases) {
    it(what, () => {
      const lines = tableOf(rowsOf(schema)).split('\n').slice(2)
      expect(lines).to.deep.equal(rows.map((row) => `| ${row} |`))
    })
  }
})
