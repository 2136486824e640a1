import { expect } from 'chai'
import { duration, Secret, secret, z } from '../../../core/plugin.ts'
import { formatProblem, type Problem } from '../../../core/yaml/problems.ts'
import { validate } from '../../../core/yaml/validate.ts'
import { parseYaml } from '../../../core/yaml/yaml.ts'

const schema = z.strictObject({
  name: z.string().optional(),
  count: z.number().optional(),
  place: z.int().optional(),
  few: z.array(z.string()).min(1).optional(),
  inner: z.union([z.literal('auto'), z.strictObject({ few: z.array(z.string()).min(1) })]).optional(),
  on: z.boolean().optional(),
  key: secret().optional(),
  wait: duration().optional(),
  age: duration({ min: 60_000 }).optional(),
  list: z.array(z.strictObject({ title: z.string() })).optional(),
  either: z.union([z.literal('auto'), z.strictObject({ file: z.string() })]).optional(),
})

function check(text: string, env: Record<string, string> = {}) {
  Object.assign(process.env, env)
  const yaml = parseYaml(text, 'f.yml', { version: '1.2', base: '/' })
  for (const name of Object.keys(env)) delete process.env[name]
  const problems: Problem[] = []
  const output = validate(schema, yaml.value, yaml, { line: 1, column: 1, path: '' }, problems)
  return { output, problems: problems.map(formatProblem) }
}

describe('validation of located values', () => {
  it('gives a scalar to a text field as it was written', () => {
    expect(check('name: 007').output?.name).to.equal('007')
    expect(check('name: true').output?.name).to.equal('true')
  })

  it('keeps !env a Secret where one is asked for, and reveals it where text is', () => {
    expect(check('key: !env T_KEY', { T_KEY: 'hidden' }).output?.key).to.be.instanceOf(Secret)
    expect(check('name: !env T_NAME', { T_NAME: 'shown' }).output?.name).to.equal('shown')
  })

  it('reads numbers and truth values from !env', () => {
    const env = { T_COUNT: '12', T_ON: 'true', T_WAIT: '15m' }
    const { output } = check('count: !env T_COUNT\non: !env T_ON\nwait: !env T_WAIT', env)
    expect(output).to.deep.include({ count: 12, on: true, wait: 900_000 })
  })

  it('never quotes what came from !env', () => {
    const { problems } = check('count: !env T_COUNT\nwait: !env T_WAIT', {
      T_COUNT: 'canary-one',
      T_WAIT: 'canary-two',
    })
    expect(problems).to.have.length(2)
    expect(problems.join()).not.to.contain('canary')
  })

  it('never lets the YAML parser print what came from !env', async () => {
    const printed: Error[] = []
    const note = (warning: Error) => void printed.push(warning)
    process.on('warning', note)
    try {
      expect(check('count: !env T_COUNT', { T_COUNT: '!canary-three x' }).problems).to.have.length(1)
      // Warnings are emitted in the next turn.
      await new Promise(setImmediate)
    } finally {
      process.off('warning', note)
    }
    expect(printed.map(String).join()).not.to.contain('canary')
  })

  const faults: [string, string, string][] = [
    [
      'an unknown key with the nearest known one',
      'nmae: x',
      'f.yml:1:1: nmae: unknown key; did you mean "name"?',
    ],
    [
      'an unknown key in a list',
      'list:\n  - title: a\n    titel: b',
      'f.yml:3:5: list[0].titel: unknown key; did you mean "title"?',
    ],
    ['a missing key at its map', 'list:\n  - {}', 'f.yml:2:5: list[0].title: is missing; write text'],
    ['a wrong type at its value', 'count: many', 'f.yml:1:8: count: is text; write a number'],
    [
      'a number that is not whole as that',
      'place: 1.5',
      'f.yml:1:8: place: is a number; write a whole number',
    ],
    [
      'a list without entries',
      'few: []',
      'f.yml:1:6: few: needs 1 entry or more; write them, or leave the key out',
    ],
    [
      'a fault inside the branch of a union that was meant',
      'either: { flie: x }',
      'f.yml:1:11: either.flie: unknown key; did you mean "file"?',
    ],
    ['a number out of bounds as that', 'age: 1', 'f.yml:1:6: age: must be at least 60 s'],
    ['a duration that is none', 'wait: soon', 'f.yml:1:7: wait: is not a duration; write seconds'],
  ]
  for (const [name, text, expected] of faults) {
    it(`reports ${name}`, () => {
      expect(check(text).problems.join('\n')).to.contain(expected)
    })
  }

  it('says of what is no list that, and nothing of its length', () => {
    expect(check('few: ""').problems).to.deep.equal(['f.yml:1:6: few: is text; write a list'])
    expect(check('inner: { few: "" }').problems).to.deep.equal([
      'f.yml:1:15: inner.few: is text; write a list',
    ])
  })

  it('reports everything in one pass', () => {
    expect(check('nmae: x\ncount: many\nlist: [{}]').problems).to.have.length(3)
  })
})
