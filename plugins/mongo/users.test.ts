// What a user's document says.
import { expect } from 'chai'
import { readUser } from './users.ts'

describe('a user of a collection', () => {
  const names: [unknown, string, string][] = [
    ['ann', 'ann', 'ann'],
    // The collection has a collation that takes them for equal.
    ['ann', 'ANN', 'ann'],
    ['Ännchen', 'annchen', 'Ännchen'],
    [['ann', 'anna'], 'anna', 'anna'],
  ]
  for (const [username, asked, expected] of names) {
    it(`${JSON.stringify(username)}, found as ${asked}, is called ${expected}`, () => {
      expect(readUser({ username, password: 'hash' }, asked).name).to.equal(expected)
    })
  }
})
