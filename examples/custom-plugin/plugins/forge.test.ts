// Run with: node --test examples/custom-plugin/plugins/*.test.ts (README.md)
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { type Authenticator, Secret } from 'dockwarden/plugin'
import type { SignIn } from 'dockwarden/plugin/sign-in'
import { conformance, testHost, testRequest } from 'dockwarden/testing'
import plugin from './forge.ts'

/** A forge with one person. */
async function startForge() {
  const answers: Record<string, object> = {
    '/login/oauth/access_token': {
      access_token: 'a1',
      refresh_token: 'r1',
      token_type: 'bearer',
      expires_in: 3600,
    },
    '/api/v1/user': { id: 7, login: 'ann' },
    '/api/v1/user/orgs': [{ username: 'makers' }],
  }
  const server = createServer((request, response) => {
    const answer = answers[(request.url ?? '').split('?')[0]!]
    response
      .writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const forge = await startForge()
after(() => forge.stop())

const options = {
  url: forge.url,
  redirect_url: 'https://auth.example.com/forge',
  client_id: 'dockwarden',
  client_secret: new Secret('a secret of the client'),
}

conformance(plugin, {
  runner: { describe, it },
  options: () => options,
  invalid: [
    {
      options: { ...options, redirect_url: 'https://auth.example.com/' },
      path: 'redirect_url',
      message: /must end with/,
    },
  ],
  // Nobody logs in with a password of the forge.
  passes: [{ account: 'ann', password: 'her password at the forge' }],
})

describe('forge', () => {
  it('accepts who comes back from the forge, with the organizations as label', async () => {
    const instance = (await plugin.create(plugin.options.parse(options), testHost())) as Authenticator
    let signIn: SignIn | undefined
    instance.routes?.({
      signIn(added) {
        signIn = added
      },
    })
    const { signal, log } = testRequest()
    const address = options.redirect_url
    const { url: sent, keep } = await signIn!.begin({ state: 'a-state', address, signal })
    assert.equal(new URL(sent).searchParams.get('code_challenge_method'), 'S256')
    const back = new URL(`${address}?code=c1&state=a-state`)
    const outcome = await signIn!.finish({ url: back, state: 'a-state', keep, signal, log, provide() {} })
    assert.equal(outcome.outcome, 'accept')
    assert.deepEqual(JSON.parse(JSON.stringify(outcome)), {
      outcome: 'accept',
      account: 'ann',
      labels: { organization: ['makers'] },
      session: {
        client: `dockwarden at ${forge.url}/login/oauth/access_token`,
        id: '7',
        refresh_token: 'r1',
      },
    })
    await instance.close?.()
  })
})
