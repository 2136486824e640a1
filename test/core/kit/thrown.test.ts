// What plugins throw and return, in words.
import { expect } from 'chai'
import { kindOf, messageOf } from '../../../core/kit/thrown.ts'
import { z } from '../../../core/plugin.ts'

const schema = z.strictObject({ groups: z.array(z.string()), id: z.number() })

describe('messageOf', () => {
  const cases: [string, unknown, string][] = [
    ['an error', new Error('no route'), 'no route'],
    ['a text', 'no route', 'no route'],
    ['nothing', undefined, 'it threw nothing'],
    ['null', null, 'it threw null'],
    ['a number', 7, 'it threw a number'],
    ['an object without a message', { code: 7 }, 'it threw an object, which is no Error'],
    [
      'a write to what is frozen',
      new TypeError('Cannot add property a, object is not extensible'),
      'Cannot add property a, object is not extensible; what comes from the host is frozen: copy it before you change it',
    ],
    [
      'a fetch that failed',
      new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
      'fetch failed: ECONNREFUSED',
    ],
    ['an object with a message', { message: 7 }, '7'],
    [
      'a schema’s complaints',
      schema.safeParse({ groups: ['a', 1], id: 'x' }).error,
      'groups[1]: Invalid input: expected string, received number; id: Invalid input: expected number, received string',
    ],
    [
      'a complaint about the whole',
      schema.safeParse(7).error,
      'the value: Invalid input: expected object, received number',
    ],
    [
      'what throws when it is looked at',
      {
        get message() {
          throw new Error('never')
        },
      },
      'it threw what can not be read',
    ],
  ]
  for (const [what, thrown, expected] of cases)
    it(`reads ${what}`, () => expect(messageOf(thrown)).to.equal(expected))
})

describe('kindOf', () => {
  const cases: [unknown, string][] = [
    [undefined, 'nothing'],
    [null, 'null'],
    [[1], 'a list'],
    [{}, 'an object'],
    ['x', 'a text'],
    [7, 'a number'],
    [true, 'a boolean'],
  ]
  for (const [value, expected] of cases)
    it(`says ${expected}`, () => expect(kindOf(value)).to.equal(expected))
})
