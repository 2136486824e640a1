// Changed files take effect by themselves; broken ones do not.
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Authorizer } from '../../core/plugin.ts'
import { createFiles } from '../../core/services/files.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import { until } from '../../test/support/processes.ts'
import plugin from './index.ts'

describe('the files of the casbin plugin', () => {
  let folder: string
  let instance: Authorizer
  let host: ReturnType<typeof testHost>
  const policy = () => join(folder, 'policy.csv')

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-casbin-'))
    copyFileSync(join(import.meta.dirname, 'model.conf'), join(folder, 'model.conf'))
    writeFileSync(policy(), 'p, ann, repository, ann/*, , 0.0.0.0/0, pull, {}\n')
    host = testHost({ files: createFiles(folder, 20) })
    instance = await plugin.create({ model: 'model.conf', policy: 'policy.csv' }, host)
  })
  afterEach(async () => {
    await instance.close?.()
    rmSync(folder, { recursive: true })
  })

  async function granted(action: string): Promise<boolean> {
    const outcome = await instance.authorize(
      { type: 'repository', name: 'ann/app', actions: [action] },
      testRequest({ account: 'ann', client: { ip: '10.0.0.1' } }),
    )
    return outcome.outcome === 'grant' && outcome.actions.length === 1
  }

  it('are read again when they change, also by being replaced', async () => {
    expect(await granted('push')).to.equal(false)
    writeFileSync(policy(), 'p, ann, repository, ann/*, , 0.0.0.0/0, push, {}\n')
    await until(() => granted('push'))
    expect(await granted('pull')).to.equal(false)
    writeFileSync(join(folder, 'new.csv'), 'p, ann, repository, ann/*, , 0.0.0.0/0, delete, {}\n')
    renameSync(join(folder, 'new.csv'), policy())
    await until(() => granted('delete'))
    expect(await granted('push')).to.equal(false)
  })

  it('are warned of when accounts can be called like roles, once for the same roles', async () => {
    const doubts = () =>
      host.log.lines
        .filter(({ message }) => message.includes('called like a role'))
        .map(({ message }) => message)
    expect(doubts()).to.deep.equal([])
    const line = 'p, admin, repository, ann/*, , 0.0.0.0/0, push, {}\ng, ann, admin\n'
    writeFileSync(policy(), line)
    await until(() => granted('push'))
    writeFileSync(policy(), `${line.replace('push', 'delete')}g, bob, admin\n`)
    await until(() => granted('delete'))
    expect(doubts()).to.have.length(1)
    expect(doubts()[0]).to.contain(`${policy()}: `).and.contain('"admin"')
  })

  it('may hold any bytes in comments, as with docker_auth, and nowhere else', async () => {
    const rule = 'p, ann, repository, ann/*, , 0.0.0.0/0, push, {}\n'
    writeFileSync(policy(), `# f\xFCr Ann\n${rule}`, 'latin1')
    await until(() => granted('push'))
    writeFileSync(policy(), `${rule}p, J\xF6rg, repository, *, , 0.0.0.0/0, pull, {}\n`, 'latin1')
    const fault = `${policy()}:2:5: the byte at offset 53 is not UTF-8`
    await until(async () => host.log.lines.some(({ message }) => message.includes(fault)))
    expect(await granted('push')).to.equal(true)
  })

  it('stay in use as they were while they are broken or missing, and the log says why', async () => {
    const warned = (text: string) =>
      host.log.lines.some(({ level, message }) => level === 'warn' && message.includes(text))
    writeFileSync(policy(), 'p, ann, repository\n')
    await until(() => warned(`${policy()}: line 1: p has 2 fields; the model defines 7`))
    expect(await granted('pull')).to.equal(true)
    rmSync(policy())
    await until(() => warned('there is no such file'))
    expect(await granted('pull')).to.equal(true)
    writeFileSync(policy(), 'p, ann, repository, ann/*, , 0.0.0.0/0, push, {}\n')
    await until(() => granted('push'))
  })
})
