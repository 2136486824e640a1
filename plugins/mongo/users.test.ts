// What a user's document says.
import { expect } from 'chai'
import { readUser } from './users.ts'

const LOG = { debug() {}, info() {}, warn() {}, error() {} }

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
      expect(readUser({ username, password: 'hash' }, asked, LOG).name).to.equal(expected)
    })
  }

  it('has the labels of the document without what is null among them', () => {
    const { labels } = readUser({ username: 'ann', labels: { group: ['dev', null] } }, 'ann', LOG)
    expect({ ...labels }).to.deep.equal({ group: ['dev'] })
  })
})
