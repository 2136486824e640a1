import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { Secret } from '../../../core/plugin.ts'
import { createFiles } from '../../../core/services/files.ts'
import { createYamlFiles } from '../../../core/yaml/yaml-files.ts'

describe('YAML files that plugins read', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'yaml-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const schema = z.array(z.strictObject({ name: z.string(), count: z.int().optional() }))

  function read(text: string, wanted: z.ZodType = schema) {
    writeFileSync(join(folder, 'a.yml'), text)
    return createYamlFiles(createFiles(folder)).read('a.yml', wanted)
  }

  it('give their checked content, with scalars read as the schema wants them', () => {
    expect(read('- name: 007\n  count: 7').value).to.deep.equal([{ name: '007', count: 7 }])
  })

  it('know the place of each value', () => {
    const content = read('- name: a\n- name: b\n')
    expect(content.placeOf([1, 'name'])).to.equal(`${join(folder, 'a.yml')}:2:9`)
    expect(content.placeOf([0])).to.equal(`${join(folder, 'a.yml')}:1:3`)
    expect(content.placeOf([1, 'count'])).to.equal(`${join(folder, 'a.yml')}:2:3`)
    const spot = { file: join(folder, 'a.yml'), line: 2, column: 9, path: '[1].name' }
    expect(content.spotOf([1, 'name'])).to.deep.equal(spot)
  })

  it('tell all their problems with place and remedy', () => {
    const file = join(folder, 'a.yml')
    expect(() => read('- nmae: a\n- name: b\n  count: x')).to.throw(
      `${file}:1:3: [0].name: is missing; write text\n` +
        `${file}:1:3: [0].nmae: unknown key; did you mean "name"?\n` +
        `${file}:3:10: [1].count: is text; write a number`,
    )
    expect(() => read('- [')).to.throw(`${file}:1:4: `)
    expect(() => read('')).to.throw(`${file}:1:1: is empty; write a list`)
    expect(() => createYamlFiles(createFiles(folder)).read('none.yml', schema)).to.throw(
      `cannot read ${join(folder, 'none.yml')}: there is no such file`,
    )
  })

  it('read secrets from the environment and from files beside them, and show none in a message', () => {
    writeFileSync(join(folder, 'secret'), 'open sesame\n')
    const { value } = read('{ key: !file secret }', z.strictObject({ key: z.instanceof(Secret) }))
    expect((value as { key: Secret }).key.reveal()).to.equal('open sesame')
    expect(() => read('{ key: !file secret }', z.strictObject({ key: z.literal('x') }))).to.throw(
      /^(?!.*sesame)/s,
    )
    expect(() => read('{ key: !file none }', z.strictObject({ key: z.instanceof(Secret) }))).to.throw(
      `a.yml:1:14: key: cannot read ${join(folder, 'none')}: there is no such file`,
    )
  })
})
