import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { deny, grant, type Labels, toLabels } from '../../core/plugin.ts'
import { conformance, testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './authorizer.ts'
import { extAuthzInput } from './ext-authz.ts'

const folder = mkdtempSync(join(tmpdir(), 'exec-authorizer-test-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

const OWN_NAMESPACE = script(
  'own-namespace',
  `input=$(cat)
account=$(printf %s "$input" | sed 's/^{"Account":"\\([^"]*\\)".*/\\1/')
case "$input" in
  *'"Name":"'"$account"'/'*) exit 0 ;;
  *) exit 1 ;;
esac`,
)
const app = (name: string) => ({ type: 'repository', name, actions: ['push', 'pull'] })

conformance(plugin, {
  options: () => ({ command: OWN_NAMESPACE }),
  invalid: [
    { options: {}, path: 'command', message: /expected string/ },
    { options: { command: '' }, path: 'command', message: /write the path of a program/ },
    { options: { command: OWN_NAMESPACE, max_processes: 0 }, path: 'max_processes', message: />=1/ },
    { options: { command: 'no-such-command' }, message: /not found in PATH/ },
  ],
  decisions: [
    {
      account: 'bob',
      resource: app('bob/app'),
      expect: grant(['push', 'pull'], `exit 0 of ${OWN_NAMESPACE}`),
    },
    { account: 'bob', resource: app('eve/app'), expect: deny(`exit 1 of ${OWN_NAMESPACE}`) },
    { account: 'constructor', resource: app('constructor/app'), expect: grant(['push', 'pull']) },
  ],
  unavailable: { options: () => ({ command: script('broken', 'exit 2') }) },
})

describe('exec, as an authorizer', () => {
  let programs = 0

  async function authorize(body: string, timeout = 5_000) {
    // One that was killed may still be running, and can't be written.
    const command = script(`program-${++programs}`, body)
    const instance = await plugin.create(plugin.options.parse({ command }), testHost())
    return instance.authorize(app('bob/app'), testRequest({ account: 'bob', timeout }))
  }

  async function failure(promise: Promise<unknown>): Promise<string> {
    return promise.then(
      (outcome) => expect.fail(`it did not throw, it answered ${JSON.stringify(outcome)}`),
      (error: Error) => error.message,
    )
  }

  for (const code of [2, 3, 255]) {
    it(`takes exit ${code} for an outage, and tells how to try by hand`, async () => {
      const message = await failure(authorize(`exit ${code}`))
      expect(message).to.match(
        new RegExp(`exit ${code} is no answer .* run it by hand: echo '{"Account":"USER"`),
      )
    })
  }

  it('takes a crash and a program that hangs for outages, never for a denial', async () => {
    expect(await failure(authorize('kill -SEGV $$'))).to.match(/died of SIGSEGV/)
    expect(await failure(authorize('exec sleep 1000', 50))).to.match(/killed, it had not ended in time/)
  })

  it('pays no heed to what the program prints', async () => {
    expect((await authorize('echo no JSON; exit 0')).outcome).to.equal('grant')
  })

  it('puts the question on standard input, without a newline', async () => {
    const seen = join(folder, 'seen')
    await authorize(`cat > ${seen}`)
    expect(readFileSync(seen, 'utf8')).to.equal(
      '{"Account":"bob","Type":"repository","Name":"bob/app","Service":"","IP":"","Actions":["pull","push"],"Labels":null}',
    )
  })
})

describe('the question of the exec authorizer', () => {
  const ask = (given: { account?: string; labels?: Labels; service?: string; client?: { ip: string } }) =>
    extAuthzInput(app('app'), testRequest(given))

  it('holds all that is known, with sorted actions and label names', () => {
    const labels = { team: ['b', 'a'], group: ['dev'] }
    expect(ask({ account: 'bob', labels, service: 'registry', client: { ip: '10.0.0.1' } })).to.equal(
      '{"Account":"bob","Type":"repository","Name":"app","Service":"registry","IP":"10.0.0.1","Actions":["pull","push"],"Labels":{"group":["dev"],"team":["b","a"]}}',
    )
  })

  it('leaves the actions as they were asked', () => {
    const resource = app('app')
    extAuthzInput(resource, testRequest())
    expect(resource.actions).to.deep.equal(['push', 'pull'])
  })

  it('escapes the characters that Go escapes', () => {
    expect(ask({ account: '<a>&\u2028\u2029' })).to.include(
      '{"Account":"\\u003ca\\u003e\\u0026\\u2028\\u2029",',
    )
  })

  it('is JSON that holds any account, service and labels as they are', () => {
    const text = fc.string({ unit: 'binary' })
    const labels = fc.dictionary(text, fc.array(text), { minKeys: 1 }).map(toLabels)
    fc.assert(
      fc.property(text, text, labels, (account, service, held) => {
        const question = JSON.parse(ask({ account, service, labels: held }))
        expect(question).to.include({ Account: account, Service: service })
        expect(new Map(Object.entries(question.Labels))).to.deep.equal(new Map(Object.entries(held)))
      }),
    )
  })
})
