// Long lists are read a part at a time, and mean exactly what they mean as a whole.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { atOnce, inSlices } from '../../../core/plugin.ts'
import { createFiles } from '../../../core/services/files.ts'
import { Budget } from '../../../core/work/budget.ts'
import { createTurns } from '../../../core/work/turns.ts'
import { createYamlFiles } from '../../../core/yaml/yaml-files.ts'
import { partsOf } from '../../../core/yaml/yaml-parts.ts'
import { HandLoop } from '../../support/hand-loop.ts'
import { runs } from '../../support/properties.ts'

const schema = z.array(z.looseObject({ name: z.string() }))
const items = (count: number, item = (index: number) => `- name: item-${index}\n  list: [a, ${index}]\n`) =>
  Array.from({ length: count }, (_, index) => item(index)).join('')

describe('YAML lists in parts', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'yaml-parts-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const yaml = () => createYamlFiles(createFiles(folder))
  const parse = (text: string, wanted: z.ZodType = schema) => atOnce(yaml().parse('a.yml', text, wanted))
  const parts = (text: string) => partsOf(text)?.length

  it('give turns to others, values, and places', async () => {
    const loop = new HandLoop()
    const work = new Budget(createTurns(loop)).work()
    const text = `# rules\n${items(1_000)}`
    const { value, placeOf, spotOf } = await loop.until(inSlices(yaml().parse('a.yml', text, schema), work))
    expect(loop.turns).to.be.above(2)
    expect(value).to.have.length(1_000)
    expect(value[999]).to.deep.equal({ name: 'item-999', list: ['a', 999] })
    for (const index of [0, 39, 40, 41, 999]) {
      expect(placeOf([index, 'name'])).to.equal(`${join(folder, 'a.yml')}:${2 * index + 2}:9`)
      expect(spotOf([index, 'name']).path).to.equal(`[${index}].name`)
    }
  })

  it('tell all problems at the places that they have in the whole', () => {
    const text = items(200, (index) => (index % 90 === 7 ? `- nmae: ${index}\n` : `- name: n${index}\n`))
    const file = join(folder, 'a.yml')
    const strict = z.array(z.strictObject({ name: z.string() }))
    const told = [7, 97, 187].flatMap((index) => [
      `${file}:${index + 1}:3: [${index}].name: is missing; write text`,
      `${file}:${index + 1}:3: [${index}].nmae: unknown key; did you mean "name"?`,
    ])
    expect(() => parse(text, strict)).to.throw(told.join('\n'))
  })

  const cut: [string, string][] = [
    ['comments and empty lines', items(100, (index) => `# ${index}\n\n- name: a\n\n`)],
    ['a document marker at the beginning', `---\n${items(100)}`],
    ['indented items', items(100, (index) => `  - name: a${index}\n    more: [x]\n`)],
    ['blocks of text', items(100, () => '- name: |+\n    - a\n     - b\n\n')],
    ['items within items', items(100, () => '- name: a\n  list:\n  - name: b\n  - name: c\n')],
    ['an item on the next line', items(100, () => '-\n  name: a\n')],
    ['line ends of Windows', items(100, () => '- name: a\r\n  b: c\r\n')],
  ]
  for (const [what, text] of cut) {
    it(`are cut, and mean the same, with ${what}`, () => {
      expect(parts(text)).to.equal(5)
      const inside = `list:\n${text.replace(/^---\n/, '')}`
      const { value } = parse(inside, z.strictObject({ list: schema })) as { value: { list: unknown } }
      expect(parse(text).value).to.deep.equal(value.list)
    })
  }

  it('with anchors are read as a whole where a part needs another one', () => {
    const text = `- &first { name: x }\n${items(100)}- *first\n`
    const { value } = parse(text)
    expect((value as unknown[]).at(-1)).to.deep.equal({ name: 'x' })
  })

  const whole: [string, string][] = [
    ['few items', items(20)],
    ['a map', 'name: x\n'],
    ['one line', `[${Array.from({ length: 100 }, () => '{ name: a }').join()}]`],
    ['several documents', `${items(100)}---\n${items(100)}`],
    ['a directive', `%YAML 1.2\n---\n${items(100)}`],
  ]
  for (const [what, text] of whole) {
    it(`are not cut: ${what}`, () => expect(parts(text)).to.equal(undefined))
  }

  it('that are no YAML are refused as the whole is', () => {
    const text = `${items(100)}- name: "open\n${items(100)}`
    expect(() => parse(text)).to.throw(/a\.yml:\d+:\d+: /)
  })

  it('mean what the whole means, whatever the items hold', () => {
    const scalar = fc.oneof(
      fc.stringMatching(/^[\w *&!|>'"#:,[\]{}-]{0,12}$/),
      fc.constantFrom(
        '"*"',
        "'- a'",
        '|\n    - text',
        '>-\n    a\n    - b',
        '[a,\n   b]',
        '&x y',
        '*x',
        '007',
        '~',
      ),
    )
    fc.assert(
      fc.property(fc.array(scalar, { minLength: 1, maxLength: 5 }), (scalars) => {
        const lines = Array.from({ length: 90 }, (_, index) => `- name: ${scalars[index % scalars.length]}\n`)
        const text = lines.join('')
        // In a map below a key it can't be cut.
        const inside = `list:\n${text}`
        const told = (read: () => unknown) => {
          try {
            return JSON.stringify(read())
          } catch {
            return 'refused'
          }
        }
        const any = z.array(z.record(z.string(), z.unknown()))
        expect(told(() => parse(text, any).value)).to.equal(
          told(() => (parse(inside, z.strictObject({ list: any })).value as { list: unknown }).list),
        )
      }),
      runs(60),
    )
  })
})
