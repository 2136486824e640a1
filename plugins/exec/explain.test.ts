// What a program gets and what it answers, in words and without passwords.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Secret } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import authorizer from './authorizer.ts'
import authenticator from './index.ts'

const PASSWORD = 'horse-battery-7'

describe('exec explains', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exec-explain-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  function script(body: string): string {
    const path = join(folder, 'program')
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    return path
  }

  async function login(options: object, account = 'ann'): Promise<string[]> {
    const instance = await authenticator.create(authenticator.options.parse(options), testHost())
    const password = new Secret(PASSWORD)
    const kind = account === '' ? 'anonymous' : 'password'
    const { why } = await instance.explain!({ kind, account, password }, testRequest())
    await instance.close?.()
    expect(why.join('\n')).not.to.include(PASSWORD)
    return why.map((sentence) => sentence.replaceAll(folder, ''))
  }

  it('ext_auth', async () => {
    expect(await login({ command: script('exit 1') })).to.deep.equal([
      '/program is run with "ann ***" on its standard input',
      'it exits with 1 (0 accepts, 1 rejects, 2 passes)',
    ])
  })

  const ECHO = `read line; echo '{"outcome":"reject","reason":"not ${PASSWORD}","token":"x"}'`
  const ANSWER = 'it answers {"outcome":"reject","reason":"not ***","token":"***"}'
  const QUESTION =
    '{"account":"ann","password":"***","service":"","ip":null,"client_id":null} on its standard input'

  it('json', async () => {
    expect(await login({ command: script(ECHO), protocol: 'json' })).to.deep.equal([
      `/program is run with ${QUESTION}`,
      ANSWER,
    ])
  })

  it('a program that runs already', async () => {
    const command = script(`while true; do ${ECHO} || exit; done`)
    expect(await login({ command, protocol: 'json', persistent: true })).to.deep.equal([
      `/program, which runs already, gets ${QUESTION}`,
      ANSWER,
    ])
  })

  it('that it is not asked', async () => {
    expect(await login({ command: script('exit 0') }, '')).to.deep.equal([
      'it is not asked about clients without credentials (anonymous: false)',
    ])
    expect(await login({ command: script('exit 0') }, 'a b')).to.deep.equal(['/program is not run'])
  })

  it('a decision', async () => {
    const instance = await authorizer.create(
      authorizer.options.parse({ command: script('exit 1') }),
      testHost(),
    )
    const resource = { type: 'repository', name: 'a', actions: ['pull'] }
    const { why } = await instance.explain!(resource, testRequest({ account: 'ann' }))
    expect(why.map((sentence) => sentence.replaceAll(folder, ''))).to.deep.equal([
      '/program is run with {"Account":"ann","Type":"repository","Name":"a","Service":"","IP":"","Actions":["pull"],"Labels":null} on its standard input',
      'it exits with 1 (0 grants what was asked, 1 denies)',
    ])
  })
})
