// A client certificate is who somebody is: no password, no user name. The listener has verified it; here it becomes an account.
import {
  type AuthnOutcome,
  accept,
  type ClientCertificate,
  definePlugin,
  deriveLabels,
  evaluateIfThere,
  faultOfAccount,
  isAccountName,
  type JsonValue,
  pass,
  reject,
} from '../../core/plugin.ts'
import { type Options, options } from './options.ts'

export default definePlugin({
  kind: 'authenticator',
  name: 'mtls',
  options,
  anonymous: true,
  byCertificate: true,
  create(options) {
    return {
      async authenticate({ kind }, { client: { certificate } }) {
        // Who sends a password or a token wants to be known by that.
        if (kind !== 'anonymous' || !certificate) return pass
        return identify(options, certificate)
      },
      async refresh({ account, session }, { client: { certificate } }) {
        if (!certificate) return reject('the request shows no client certificate')
        if (session !== undefined && fingerprintOf(session) !== certificate.fingerprint) {
          return reject(
            'the request shows another client certificate than the one that the token was got with',
          )
        }
        const outcome = identify(options, certificate)
        if (outcome.outcome !== 'accept' || outcome.account === account) return outcome
        return reject('the client certificate stands for another account')
      },
    }
  },
})

/** Never a pass: somebody who shows a certificate must not be taken for anonymous. */
function identify(options: Options, certificate: ClientCertificate): AuthnOutcome {
  if (!certificate.trusted) return refuse(certificate, certificate.problem!)
  const facts = { certificate }
  if (evaluateIfThere(options.accept, facts) !== true)
    return refuse(certificate, '`accept` is not true for it')
  const account = evaluateIfThere(options.account, facts)
  if (typeof account !== 'string' || account === '') {
    return refuse(certificate, '`account` gives no name for it')
  }
  if (!isAccountName(account)) {
    return refuse(
      certificate,
      `\`account\` gives a name that ${faultOfAccount(account) ?? 'is too long or that of a token'}`,
    )
  }
  const labels = deriveLabels(Object.fromEntries(options.labels), facts)
  return accept({ account, labels, session: { fingerprint: certificate.fingerprint } })
}

/** For the log, which is where an operator looks for the reason. */
function refuse({ fingerprint }: ClientCertificate, why: string): AuthnOutcome {
  return reject(`client certificate ${fingerprint.slice(0, 16)}...: ${why}`)
}

function fingerprintOf(session: JsonValue): unknown {
  return (session as { fingerprint?: unknown } | null)?.fingerprint
}
