// The password of the service account in a file, which may change and whose file system may hang.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Authenticator } from '../../core/plugin.ts'
import { needs } from '../../test/support/debian.ts'
import { login, open, PASSWORD, PEOPLE, serviceOptions } from '../../test/support/ldap-people.ts'
import { type SlapdServer, startSlapd } from '../../test/support/slapd.ts'

describe('ldap, with the password of bind_dn in a file', () => {
  needs('slapd')
  let directory: SlapdServer
  let folder: string
  let file: string
  let ldap: Authenticator

  beforeEach(async () => {
    directory = await startSlapd({ ldif: PEOPLE })
    folder = mkdtempSync(join(tmpdir(), 'dockwarden-'))
    file = join(folder, 'password')
    writeFileSync(file, 'reader-password\n')
    ldap = await open(serviceOptions([directory.url], { bind_password: undefined, bind_password_file: file }))
  })
  afterEach(async () => {
    await ldap?.close?.()
    await directory?.stop()
    rmSync(folder, { recursive: true })
  })

  const outcome = async (timeout?: number) =>
    login(ldap, 'ann', PASSWORD, timeout).then(
      (answer) => answer.outcome,
      (error: Error) => error.message,
    )

  it('takes a new password without a restart', async () => {
    expect(await outcome()).to.equal('accept')
    await directory.halt()
    await directory.replace(PEOPLE.replace('reader-password', 'another one'))
    await directory.start()
    expect(await outcome()).to.match(/bind_dn was refused/)
    writeFileSync(file, 'another one\n')
    expect(await outcome()).to.equal('accept')
  })

  it('waits no longer than its time for a file system that hangs, and holds up nobody', async () => {
    rmSync(file)
    // Whoever reads it waits until its writers have closed it.
    execFileSync('sh', ['-c', 'mkfifo "$0"', file])
    const writer = openSync(file, 'r+')
    expect(await outcome(300)).to.match(/password file does not answer|no answer/)
    writeSync(writer, 'reader-password\n')
    closeSync(writer)
    rmSync(file)
    writeFileSync(file, 'reader-password\n')
    expect(await outcome()).to.equal('accept')
  })
})
