// A plugin that throws where nobody can catch it: one line names it, what is in flight is answered, and the process ends.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { culprit } from '../../core/cli/stray-errors.ts'
import { startDockwarden } from '../support/dockwarden.ts'

/** Throws outside of a call, in the way that the account names, and answers a little later. */
const CARELESS = `
import { EventEmitter } from 'node:events'
import { accept, definePlugin, z } from 'dockwarden/plugin'
export default definePlugin({
  kind: 'authenticator', name: 'careless', options: z.strictObject({}),
  create: () => ({
    async authenticate({ account }) {
      if (account === 'timer') setTimeout(() => { throw new Error('in a timer') })
      if (account === 'event') setImmediate(() => new EventEmitter().emit('error', new Error('in an event')))
      await new Promise((resolve) => setTimeout(resolve, 50))
      return accept()
    },
  }),
})`

describe('an exception that nobody catches', () => {
  for (const [account, text] of [
    ['timer', 'in a timer'],
    ['event', 'in an event'],
  ] as const) {
    it(`thrown in ${account === 'timer' ? 'a timer' : 'an event'} names the plugin, and ends the process in order`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'dockwarden-stray-'))
      try {
        writeFileSync(join(folder, 'careless.ts'), CARELESS)
        writeFileSync(
          join(folder, 'dockwarden.yml'),
          JSON.stringify({
            server: { listen: '127.0.0.1:0' },
            authenticators: [{ plugin: './careless.ts', id: 'corp' }],
            authorizers: [],
          }),
        )
        const server = await startDockwarden(['serve', join(folder, 'dockwarden.yml')])
        const ended = once(server.child, 'close')
        const response = await fetch(`http://127.0.0.1:${server.port}/auth?service=registry`, {
          headers: { authorization: `Basic ${btoa(`${account}:x`)}` },
        })
        expect(response.status).to.equal(200)
        expect(await ended).to.deep.equal([1, null])
        const lines = server
          .output()
          .split('\n')
          .filter((line) => line.startsWith('{'))
        const fatal = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'fatal')
        expect(fatal).to.have.length(1)
        expect(fatal[0]).to.deep.include({ plugin: 'careless', ids: ['corp'] })
        expect(fatal[0].msg).to.match(/^the plugin careless threw outside of any call/)
        expect(fatal[0].err.message).to.equal(text)
        expect(server.output()).to.contain('"msg":"stopped"')
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }

  it('is that of the plugin whose file stands first in the stack', () => {
    const suspect = (name: string, id: string, path: string) => ({ id, path, definition: { name } as never })
    const suspects = [
      suspect('static', 'static', '/plugins/static/'),
      suspect('corp', 'a', '/etc/dw/corp.ts'),
      suspect('corp', 'b', '/etc/dw/corp.ts'),
      suspect('vault', 'vault', '/node_modules/dockwarden-plugin-vault/'),
    ]
    const thrown = (...frames: string[]) =>
      Object.assign(new Error('x'), { stack: ['Error: x', ...frames].join('\n') })
    const at = (file: string) => `    at f (file://${file}:1:2)`
    expect(
      culprit(thrown(at('/srv/core/x.ts'), at('/etc/dw/corp.ts'), at('/srv/plugins/static/i.ts')), suspects),
    ).to.deep.equal({
      plugin: 'corp',
      ids: ['a', 'b'],
    })
    expect(
      culprit(thrown(at('/srv/node_modules/dockwarden-plugin-vault/dist/a.js')), suspects)?.plugin,
    ).to.equal('vault')
    expect(culprit(thrown(at('/srv/core/x.ts')), suspects)).to.equal(undefined)
    expect(culprit('a text', suspects)).to.equal(undefined)
  })
})
