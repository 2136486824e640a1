// A real directory behind a proxy that sees what is asked of it, for a suite of the ldap plugin.
import type { Authenticator } from '../../core/plugin.ts'
import { testHost } from '../../core/testing/index.ts'
import { needs } from './debian.ts'
import { open, PEOPLE, serviceOptions } from './ldap-people.ts'
import { type LdapProxy, startLdapProxy } from './ldap-proxy.ts'
import { type SlapdServer, startSlapd } from './slapd.ts'

/** Inside a suite: started before it, stopped behind it. */
export class WatchedDirectory {
  proxy!: LdapProxy
  readonly #opened: Authenticator[] = []

  /** @param more entries besides the people, as LDIF */
  constructor(more: readonly string[] = []) {
    needs('slapd')
    let slapd: SlapdServer
    before(async () => {
      slapd = await startSlapd({ ldif: [PEOPLE, ...more].join('\n') })
      this.proxy = await startLdapProxy(slapd.port)
    })
    after(async () => {
      await this.proxy?.stop()
      await slapd?.stop()
    })
    afterEach(async () => {
      this.proxy.operations.splice(0)
      for (const instance of this.#opened.splice(0)) await instance.close?.()
    })
  }

  /** An instance for one test. */
  async opening(more: object, host = testHost()): Promise<Authenticator> {
    const instance = await open(serviceOptions([this.proxy.url], more), host)
    this.#opened.push(instance)
    return instance
  }
}
