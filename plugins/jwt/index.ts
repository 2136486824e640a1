// Workload identity: the password, or the subject token of a token exchange (RFC 8693), is a JWT of a trusted issuer.
import { CLAIMS, definePlugin, pass, reject } from '../../core/plugin.ts'
import { type Issuer, openIssuer } from './issuer.ts'
import { options } from './options.ts'
import { readSession } from './session.ts'
import { claimedIssuer } from './verify.ts'

/**
 * So many signatures are checked at once: that takes half of the threads that files and DNS need too. A token that names no key
 * is tried with all of them.
 */
const SIGNATURES = 2

export default definePlugin({
  kind: 'authenticator',
  name: 'jwt',
  options,
  exchange: true,
  provides: [CLAIMS],
  async create(options, host) {
    await using opening = new AsyncDisposableStack()
    const issuers = new Map<string, Issuer>()
    const place = host.places.open({ name: `signatures at ${host.id}`, size: SIGNATURES })
    for (const one of options.issuers) {
      const issuer = await openIssuer(one, options, place, host)
      opening.defer(() => issuer.close())
      issuers.set(one.issuer, issuer)
    }
    const opened = opening.move()

    return {
      async authenticate({ account, password }, request) {
        const token = password.reveal()
        const issuer = issuers.get(claimedIssuer(token) ?? '')
        return issuer ? await issuer.authenticate(token, account, request) : pass
      },
      async refresh({ account, session: kept }, request) {
        const session = readSession(kept)
        if (!session) return reject('it has no session: it was not got with a JWT')
        const issuer = issuers.get(session.claims.iss)
        return issuer
          ? issuer.refresh(session, account, request)
          : reject('the issuer of its JWT is not trusted any more')
      },
      async ready() {
        await Promise.all([...issuers.values()].map((issuer) => issuer.ready()))
      },
      close: () => opened.disposeAsync(),
    }
  },
})
