import { expect } from 'chai'
import fc from 'fast-check'
import { duration, isPasswordHash, labels, mapOf, Secret, secret, z } from '../../../core/plugin.ts'

const messages = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('duration', () => {
  const cases: [unknown, number][] = [
    [0, 0],
    [900, 900_000],
    [0.25, 250],
    ['500ms', 500],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['2d', 172_800_000],
  ]
  for (const [given, expected] of cases) {
    it(`reads ${JSON.stringify(given)} as ${expected} ms`, () => {
      expect(duration().parse(given)).to.equal(expected)
    })
  }

  const faults = [
    '',
    '15',
    'm',
    '15 m',
    '-5s',
    '1h 30m',
    '15M',
    '1w',
    '1.s',
    '.5s',
    's5',
    '5s\n',
    true,
    null,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ]
  for (const given of faults) {
    it(`refuses ${typeof given === 'number' ? given : JSON.stringify(given)}, and shows what to write`, () => {
      expect(messages(duration(), given)?.join()).to.include('500ms, 30s, 15m, 1h30m')
    })
  }

  it('refuses what is outside its bounds, and names them', () => {
    const schema = duration({ min: 1_000, max: 60_000 })
    for (const given of [0, '999ms', '61s', -1]) {
      expect(messages(schema, given)?.join(), String(given)).to.include('between 1 and 60 seconds')
    }
    expect(messages(duration({ min: 1_000 }), '1ms')?.join()).to.include('at least 1 second')
    expect([schema.parse('1s'), schema.parse(60)]).to.deep.equal([1_000, 60_000])
  })

  it('adds up whole units exactly, in any order', () => {
    const unit = fc.constantFrom<[string, number][]>(
      ['ms', 1],
      ['s', 1e3],
      ['m', 6e4],
      ['h', 36e5],
      ['d', 864e5],
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100_000), unit), { minLength: 1, maxLength: 5 }), (parts) => {
        const text = parts.map(([count, [name]]) => `${count}${name}`).join('')
        expect(duration().parse(text)).to.equal(parts.reduce((sum, [count, [, ms]]) => sum + count * ms, 0))
      }),
    )
  })

  it('reads a number and the same number of seconds as a text alike', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(999), (whole, thousandths) => {
        const seconds = whole + thousandths / 1_000
        expect(duration().parse(seconds)).to.equal(duration().parse(`${seconds}s`))
      }),
    )
  })

  it('gives whole milliseconds or an issue for any input', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const { success, data } = duration().safeParse(input)
        if (success) expect(Number.isSafeInteger(data) && data >= 0).to.equal(true)
      }),
    )
  })
})

describe('secret', () => {
  it('is never empty, and says when it is missing', () => {
    expect(messages(secret(), '')).to.deep.equal([
      ': is empty; write !env NAME or !file PATH of one that is not',
    ])
    expect(messages(secret(), undefined)).to.deep.equal([': is missing; write !env NAME or !file PATH'])
  })

  it('refuses a text, unless it is one that may stand there', () => {
    expect(messages(secret(), 'text')?.join()).to.equal(
      ': is a secret that stands in the file; write !env NAME or !file PATH',
    )
    expect(messages(secret(), '${A_NAME}')?.join()).to.match(/: is this text, .*; write !env A_NAME$/)
    const plain = (text: string) => text === 'text'
    expect(secret({ plain }).parse('text').reveal()).to.equal('text')
  })

  it('gives a Secret for a Secret', () => {
    const given = new Secret('text')
    expect(secret().parse(given)).to.equal(given)
  })

  it('refuses anything else, with the remedy', () => {
    expect(messages(secret(), 7)?.join()).to.include('!env NAME')
  })
})

describe('mapOf', () => {
  const schema = mapOf(z.strictObject({ size: z.number() }))

  it('keeps every name, also those of the object prototype', () => {
    const read = schema.parse(
      JSON.parse('{"__proto__": {"size": 1}, "constructor": {"size": 2}, "": {"size": 3}}'),
    )
    expect([...read]).to.deep.equal([
      ['__proto__', { size: 1 }],
      ['constructor', { size: 2 }],
      ['', { size: 3 }],
    ])
    expect(schema.parse({}).get('constructor')).to.equal(undefined)
  })

  it('takes a Map as it is, as a test may give it', () => {
    expect([...schema.parse(new Map([['bob', { size: 1 }]]))]).to.deep.equal([['bob', { size: 1 }]])
  })

  it('names the place of a fault', () => {
    expect(messages(z.strictObject({ users: schema }), { users: { bob: { size: 'x' } } })?.[0]).to.match(
      /^users\.bob\.size: /,
    )
  })

  for (const given of [null, 'text', 7, [], new Secret('text')]) {
    it(`refuses ${JSON.stringify(given)}`, () => {
      expect(messages(schema, given)?.join()).to.include('must be a map of names to values')
    })
  }

  it('shows its values in JSON Schema', () => {
    const shown = z.toJSONSchema(schema.describe('All sizes.'), { io: 'input', unrepresentable: 'any' })
    expect(shown).to.deep.include({ type: 'object', description: 'All sizes.' })
    expect(shown.additionalProperties).to.have.nested.property('properties.size.type', 'number')
  })
})

describe('labels', () => {
  it('reads a text or a list of texts', () => {
    expect({ ...labels().parse({ group: ['a', 'b'], site: 'x' }) }).to.deep.equal({
      group: ['a', 'b'],
      site: ['x'],
    })
  })

  it('refuses other values at their place', () => {
    expect(messages(labels(), { group: 7 })).to.deep.equal(['group: must be a text or a list of texts'])
  })
})

describe('isPasswordHash', () => {
  const bcrypt = `$2y$10$${'a'.repeat(53)}`
  const argon2 = '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$aGFzaA'

  for (const text of [
    bcrypt,
    bcrypt.replace('y', 'a'),
    bcrypt.replace('y', 'b'),
    argon2,
    argon2.replace('v=19$', ''),
  ]) {
    it(`takes ${text}`, () => expect(isPasswordHash(text)).to.equal(true))
  }
  const others = [
    '',
    'hunter2',
    '$2y$',
    '$2y$10$short',
    `${bcrypt}a`,
    bcrypt.replace('10', '03'),
    bcrypt.replace('10', '32'),
  ]
  for (const text of [
    ...others,
    ` ${bcrypt}`,
    '$argon2id$',
    '$1$salt$hash',
    '$apr1$salt$hash',
    '{SHA}hash',
  ]) {
    it(`does not take ${JSON.stringify(text)}`, () => expect(isPasswordHash(text)).to.equal(false))
  }
})
