import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { loginCommands } from '../../../core/sign-in/login-commands.ts'
import { runs } from '../../support/properties.ts'
import { HOSTILE_PIECES } from './skeleton.ts'

function written(account: string, registry?: string): string[] {
  return loginCommands(account, registry).map(({ words }) => words.join(' '))
}

describe('the commands that log in', () => {
  it('are those of docker, podman, nerdctl, helm, skopeo, crane and kubectl', () => {
    expect(written('alice@example.com', 'registry.example.com:5000')).to.deep.equal([
      'docker login --username alice@example.com registry.example.com:5000',
      'podman login --username alice@example.com registry.example.com:5000',
      'nerdctl login --username alice@example.com registry.example.com:5000',
      'helm registry login --username alice@example.com registry.example.com:5000',
      'skopeo login --username alice@example.com registry.example.com:5000',
      'crane auth login --username alice@example.com --password-stdin registry.example.com:5000',
      'kubectl create secret docker-registry registry --docker-server=registry.example.com:5000 --docker-username=alice@example.com --docker-password="$(cat)"',
    ])
  })

  it('have REGISTRY in the place of a registry that is not known', () => {
    expect(written('alice')[0]).to.equal('docker login --username alice REGISTRY')
  })

  for (const [account, word] of [
    ["o'brien", "'o'\\''brien'"],
    ['Alice Smith', "'Alice Smith'"],
    ['$(id)', "'$(id)'"],
    ['-alice', "'-alice'"],
    ['~root', "'~root'"],
    ['a;b', "'a;b'"],
    ['', "''"],
  ] as const) {
    it(`quote the account ${JSON.stringify(account)}`, () => {
      expect(written(account)[0]).to.equal(`docker login --username ${word} REGISTRY`)
    })
  }

  it('are taken by a shell with the account and the registry as they are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme-ascii' }),
      fc.array(fc.constantFrom(...HOSTILE_PIECES)).map((pieces) => pieces.join('')),
    )
    const one = (account: string, registry: string) => loginCommands(account, registry)[0]!.words.join(' ')
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 20 }), (pairs) => {
        // The shell's printf in the place of docker shows the words that it was given.
        const script = pairs.map(([account, registry]) =>
          one(account, registry).replace('docker', "printf '%s\\0'"),
        )
        const words = execFileSync('/bin/sh', ['-c', script.join('\n')]).toString()
        const expected = pairs.flatMap(([account, registry]) => ['login', '--username', account, registry])
        expect(words).to.equal(expected.map((word) => `${word}\0`).join(''))
      }),
      runs(30),
    )
  })
})
