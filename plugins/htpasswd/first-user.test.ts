import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createState } from '../../core/kit/state.ts'
import { Secret, type State } from '../../core/plugin.ts'
import { testHost, testRequest } from '../../core/testing/index.ts'
import plugin from './index.ts'

describe('htpasswd, in the state directory', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-htpasswd-'))
    file = join(folder, 'htpasswd')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  type Announced = Parameters<State['announce']>[0]
  const start = async (options: object, readOnly = false) => {
    const announced: Announced[] = []
    const state = createState(folder, { readOnly, announce: (user) => announced.push(user) })
    const host = testHost({ state })
    const instance = await plugin.create(plugin.options.parse(options), host)
    const login = (account: string, password: Secret) =>
      instance.authenticate({ kind: 'password', account, password }, testRequest())
    return { announced, host, login }
  }

  it('says that nobody can log in while there is no user, and what to write', async () => {
    const said = async (options: object, readOnly: boolean) => {
      const { host } = await start(options, readOnly)
      return host.log.lines.map(({ facts, message }) => ({ ...facts, message }))
    }
    const nobody = 'has no user yet, so that nobody can log in by it; '
    const add = 'add one with dockwarden user add NAME --file FILE'
    const missing = [{ at: [], message: `${nobody}write first_user: NAME, or ${add}` }]
    expect(await said({}, true), 'check').to.deep.equal(missing)
    expect(await said({}, false), 'start').to.deep.equal(missing)
    expect(await said({ file }, true)).to.deep.equal([{ at: ['file'], message: nobody + add }])
    rmSync(file)
    expect(await said({ first_user: 'admin' }, true), 'check with a first user').to.deep.equal([])
    expect(await said({ first_user: 'admin' }, false)).to.deep.equal([])
    expect(await said({}, true), 'a file with a user').to.deep.equal([])
  })

  it('makes the first user with a password that is announced, and works', async () => {
    const { announced, host, login } = await start({ first_user: 'admin' })
    expect(announced.map(({ account }) => account)).to.deep.equal(['admin'])
    const { password } = announced[0]!
    expect(password.reveal()).to.match(/^([a-z2-7]{5}-){5}[a-z2-7]{5}$/)
    expect(await login('admin', password)).to.have.property('outcome', 'accept')
    expect(await login('admin', new Secret('wrong horse'))).to.have.property('outcome', 'reject')
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(readFileSync(file, 'utf8') + JSON.stringify(host.log.lines)).not.to.include(password.reveal())
  })

  it('keeps the file at the next start, and announces nothing', async () => {
    const { announced } = await start({ first_user: 'admin' })
    const second = await start({ first_user: 'admin' })
    expect(second.announced).to.deep.equal([])
    expect(await second.login('admin', announced[0]!.password)).to.have.property('outcome', 'accept')
  })

  it('announces one password only when several start at once, the one that works', async () => {
    const started = await Promise.all(Array.from({ length: 4 }, () => start({ first_user: 'admin' })))
    const announced = started.flatMap((one) => one.announced)
    expect(announced).to.have.length(1)
    for (const { login } of started) {
      expect(await login('admin', announced[0]!.password)).to.have.property('outcome', 'accept')
    }
  })

  it('makes an empty file without first_user, to which users can be added', async () => {
    const { announced, login } = await start({})
    expect(announced).to.deep.equal([])
    expect(readFileSync(file, 'utf8')).to.match(/^#.*dockwarden user add NAME --file/)
    expect(await login('admin', new Secret('correct horse'))).to.have.property('outcome', 'pass')
  })

  it('makes nothing and knows nobody under check', async () => {
    const { announced, login } = await start({ first_user: 'admin' }, true)
    expect(announced).to.deep.equal([])
    expect(existsSync(file)).to.equal(false)
    expect(await login('admin', new Secret('correct horse'))).to.have.property('outcome', 'pass')
  })
})
