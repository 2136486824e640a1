// docs/guides/audit.md: each query of the audit log, run by jq on the log of a server, finds what the page says.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { needs } from './support/debian.ts'
import type { Fields } from './support/http-question.ts'
import { blocksOf } from './support/pages.ts'
import { scripted } from './support/plugins/index.ts'
import { startTestServer, type TestInstance } from './support/server.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/guides/audit.md'), 'utf8')
const PASSWORD = 'canary of the audited'
const USER = { password: '!env PASSWORD' }
const run = promisify(execFile)

/** What the commands below a heading print, one after another. */
const ANSWERS: Readonly<Record<string, readonly RegExp[]>> = {
  'Who could push what': [/^\S+\tci\t127\.0\.0\.1\trepository:shop\/web:pull,push\n$/],
  'Who was denied, and by which rule': [
    /^\S+\tann\t127\.0\.0\.1\tasked repository:shop\/web:pull,push\tgot repository:shop\/web:pull\tacl: rule 2\n\S+\tann\t127\.0\.0\.1\tasked repository:shop\/api:delete\tgot repository:shop\/api:\tacl: rule 2\n$/,
  ],
  'Failed logins by account and address': [
    /^ +\d+ ann\t127\.0\.0\.1\n$/,
    /^ +1 account\tann\t127\.0\.0\.1\n$/,
  ],
  'What was done with a token': [
    /^\{"time":"\S+","ip":"127\.0\.0\.1","client":"docker","status":200,"scopes":\["repository:shop\/web:pull"\],"access":\["repository:shop\/web:pull"\],"jti":"\S+"\}\n$/,
    /^\{"time":"\S+","request":"\S+","account":"ci","ip":"127\.0\.0\.1","token":null,"grant":"password","access":\["repository:shop\/web:pull,push"\]\}\n$/,
  ],
  'Where an account comes from': [
    /^ +1 127\.0\.0\.1\t\tpassword\tstaff\n +1 127\.0\.0\.1\tdocker\tpassword\tstaff\n +1 127\.0\.0\.1\tdocker\trefresh_token\tstaff\n$/,
  ],
  'Outages, and what was slow': [/^ +1 gone\t.*plugin .*gone/, /^/],
  'Who changed what': [/^\{"time":"\S+","audit":"reload",.*"result":"reloaded","changed":\[.+\],/],
  Alerts: [/^\{"level":"error",(.*\n)+.*"status":503/],
}

describe('docs/guides/audit.md', function () {
  this.timeout(60_000)
  needs('jq')
  let server: TestInstance
  let environment: NodeJS.ProcessEnv

  before(async () => {
    const gone = scripted.authenticator('gone', { does: 'throw' })
    const config = {
      server: {},
      token: { expiration: 900 },
      authenticators: [{ plugin: 'static', id: 'staff', options: { users: { ann: USER, ci: USER } } }, gone],
      authorizers: [
        {
          plugin: 'acl',
          options: {
            rules: [
              { match: { account: 'ci' }, actions: ['pull', 'push'] },
              { match: { account: 'ann' }, actions: ['pull'] },
            ],
          },
        },
      ],
    }
    server = await startTestServer({ config, env: { PASSWORD } })
    const ask = (account: string, password: string, query: Fields = {}) =>
      server.token({ query: { service: 'registry', ...query }, user: [account, password] })
    await ask('ci', PASSWORD, { scope: 'repository:shop/web:pull,push' })
    await ask('ann', PASSWORD, { scope: ['repository:shop/web:pull,push', 'repository:shop/api:delete'] })
    const { json } = await ask('ann', PASSWORD, { client_id: 'docker', offline_token: 'true' })
    await server.token({
      form: {
        grant_type: 'refresh_token',
        refresh_token: json.refresh_token,
        service: 'registry',
        client_id: 'docker',
        scope: 'repository:shop/web:pull',
      },
    })
    for (let round = 0; server.audits().at(-1)?.status !== 429; round += 1)
      await ask('ann', `${PASSWORD} ${round}`)
    await ask('nobody', PASSWORD)
    await server.reload({ ...config, token: { expiration: 600 } }, { PASSWORD })
    writeFileSync(join(server.folder, 'auth.log'), `Dockwarden listens\n${server.logged}`)
    const audits = server.audits()
    environment = {
      ...process.env,
      TOKEN_ID: audits.find(({ grant }) => grant === 'refresh_token')?.token,
      JTI: audits.find(({ account }) => account === 'ci')?.jti,
    }
  })
  after(() => server?.stop())

  const parts = PAGE.split(/^## /m)
    .slice(1)
    .map((part) => [part.split('\n')[0]!, shell(part)] as const)
    .filter(([, commands]) => commands.length > 0)

  it('asks what the table has answers to', () => {
    expect(parts.map(([heading]) => heading)).to.deep.equal(Object.keys(ANSWERS))
  })

  for (const [heading, commands] of parts) {
    it(heading, async () => {
      expect(commands.length).to.equal(ANSWERS[heading]!.length)
      for (const [index, command] of commands.entries()) {
        const options = { cwd: server.folder, env: environment }
        const { stdout } = await run('sh', ['-c', command], options).catch((error) => error)
        expect(stdout).to.match(ANSWERS[heading]![index]!)
      }
    })
  }

  it('has a check that is quiet, with exit status 0, while all is well', async () => {
    const command = parts.at(-1)![1][0]!
    const { stdout } = await run('sh', ['-c', command.replace('auth.log', '/dev/null')])
    expect(stdout).to.equal('')
  })
})

/** The commands of a part; each begins at the start of a line, and goes on where one is indented. */
function shell(part: string): string[] {
  return blocksOf(part)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trimEnd().split(/\n(?! )/))
}
