import { expect } from 'chai'
import fc from 'fast-check'
import { parseScope } from '../../../core/request/scope.ts'
import { allowance } from '../../../core/token/allowance.ts'

const allowed = (lines: string[], scope: string) => allowance(lines)(parseScope(scope))

describe('what a token is limited to', () => {
  const table: [lines: string[], scope: string, actions: string[]][] = [
    [['repository:team/*:pull'], 'repository:team/app:pull', ['pull']],
    [['repository:team/*:pull'], 'repository:team/app:pull,push', ['pull']],
    [['repository:team/*:pull'], 'repository:team/app:push', []],
    [['repository:team/*:pull'], 'repository:other/app:pull', []],
    [['repository:team/*:pull'], 'repository:team/app/sub:pull', []],
    [['repository:team/*/*:pull'], 'repository:team/app/sub:pull', ['pull']],
    [['repository:team/*:*'], 'repository:team/app:push,delete', ['push', 'delete']],
    [
      ['repository:team/*:pull', 'repository:team/app:push'],
      'repository:team/app:push,pull',
      ['push', 'pull'],
    ],
    [['repository:**:pull'], 'repository:a/b/c:pull,push', ['pull']],
    [['repository:team/**:pull'], 'repository:team/a/b:pull', ['pull']],
    [['repository:team/**:pull'], 'repository:team:pull', []],
    [['repository:team/**:pull'], 'repository:teams/a:pull', []],
    [['repository:*/shared/**:pull'], 'repository:a/shared/b/c:pull', ['pull']],
    [['repository:*/shared/**:pull'], 'repository:a/b/shared/c:pull', []],
    [['repository:**/app:pull'], 'repository:team/a/app:pull', ['pull']],
    [['repository:**/app:pull'], 'repository:app:pull', []],
    [['repository:**:pull'], 'repository::pull', []],
    [['repository:*:pull'], 'repository::pull', []],
    [['repository:/**:pull'], 'repository::pull', []],
    [['*:**:*', '*:*:*'], 'repository::pull', []],
    [['repository::pull'], 'repository::pull,push', ['pull']],
    [['repository::pull'], 'repository:a:pull', []],
    [['registry:catalog:*'], 'registry:catalog:*', ['*']],
    [['repository:*:pull'], 'registry:catalog:*', []],
    [['*:*:*'], 'registry:catalog:*', ['*']],
    [['repository:host:5000/app:pull'], 'repository:host:5000/app:pull', ['pull']],
    [['repository:a:pull'], 'repository:a:*', []],
    [['repository:a:pull,*'], 'repository:a:push,*', ['push', '*']],
    [[], 'repository:a:pull', []],
  ]
  for (const [lines, scope, actions] of table) {
    it(`${JSON.stringify(lines)} leaves ${JSON.stringify(actions)} of ${scope}`, () => {
      expect(allowed(lines, scope)).to.deep.equal(actions)
    })
  }

  for (const line of [
    '',
    'repository',
    'repository:a',
    'repository:a:',
    'repository::',
    ':a:pull',
    'Repo:a:pull',
    'a:b:pull,',
    'a:[:pull',
    'a:b:pull, push',
    'a:b c:pull',
    'a:***:pull',
    'a:x/***/y:pull',
  ]) {
    it(`refuses ${JSON.stringify(line)} and shows a right one`, () => {
      expect(() => allowance([line]))
        .to.throw(JSON.stringify(line))
        .with.property('message')
        .that.includes('repository:team/*:pull')
    })
  }

  it('never leaves more than was asked, and never what no line names', () => {
    const action: fc.Arbitrary<string> = fc.constantFrom('pull', 'push', 'delete', '*')
    const name = fc.stringMatching(/^[a-c/*?]{1,6}$/).filter((text) => !text.includes('***'))
    const line = fc.tuple(
      fc.constantFrom('repository', 'registry', '*'),
      name,
      fc.uniqueArray(action, { minLength: 1 }),
    )
    fc.assert(
      fc.property(fc.array(line), name, fc.uniqueArray(action), (lines, asked, actions) => {
        const left = allowance(lines.map(([type, glob, list]) => `${type}:${glob}:${list.join(',')}`))({
          type: 'repository',
          name: asked,
          actions,
        })
        for (const one of left) {
          expect(actions).to.include(one)
          expect(lines.some(([, , list]) => list.includes(one) || list.includes('*'))).to.equal(true)
        }
      }),
    )
  })
})
