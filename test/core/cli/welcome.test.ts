// What an operator is told once the server listens.
import { join } from 'node:path'
import { expect } from 'chai'
import { welcome } from '../../../core/cli/welcome.ts'
import { readConfig } from '../../../core/config/config.ts'
import { SIGNING_IN } from '../../support/plugins/index.ts'
import { startTestServer } from '../../support/server.ts'

async function toldWith(...authenticators: object[]): Promise<{ text: string; port: number }> {
  await using server = await startTestServer({ config: { authenticators, authorizers: [] } })
  const config = await readConfig(join(server.folder, 'dockwarden.yml'))
  return { text: welcome(config, server.server), port: server.port }
}
const signIn = (more: object) => ({
  plugin: SIGNING_IN,
  options: { provider: 'http://127.0.0.1:1', ...more },
})

describe('the words of a start', () => {
  it('say where people sign in: at the address that is registered', async () => {
    const { text } = await toldWith(signIn({ redirect_url: 'https://auth.example.com/team/example_auth' }))
    expect(text).to.include('People sign in with the browser at https://auth.example.com/team/\n')
  })

  it('say where people sign in: here, when none is registered', async () => {
    const { text, port } = await toldWith(signIn({}))
    expect(text).to.include(`People sign in with the browser at http://127.0.0.1:${port}/\n`)
  })

  it('say nothing of it when there is no way to', async () => {
    expect((await toldWith()).text).not.to.include('browser')
  })
})
