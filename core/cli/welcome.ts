// What an operator is told at start: how to point a registry here, and, once, of a user that was just made.

import type { Config } from '../config/config.ts'
import { listenPlans } from '../config/native/listeners.ts'
import { CHAINS } from '../request/pipeline.ts'
import { prefixInUrl } from '../server/path-prefix.ts'
import { originOf } from '../server/realm.ts'
import type { RunningServer } from '../server/server.ts'
import { signInPoints } from '../sign-in/point.ts'

/** The text for standard error, once the server listens. */
export function welcome(
  config: Pick<Config, 'server' | 'token'>,
  { listener, services, metrics }: RunningServer,
): string {
  const { caPath } = services.keys
  const places = listenPlans(config.server).map(({ listen, tls }, index) => ({
    listen,
    tls: tls && services.tls.get(tls.at),
    port: listener.ports[index],
  }))
  const { url: origin, standIn } = originOf(places)
  const madePath = places.find(({ tls }) => tls?.madePath !== undefined)?.tls?.madePath
  const prefix = prefixInUrl(config.server.path_prefix)
  const opened = /^unix:|0\.0\.0\.0|\[::\]/.test(listener.address) ? origin : listener.address
  const lines = [`Dockwarden listens on ${listener.addresses.join(', ')}`]
  if (metrics) lines.push(`Prometheus finds metrics at ${metrics.address}/metrics`)
  if (caPath !== undefined) {
    lines.push(
      '',
      'Point a registry (CNCF Distribution) here with these settings in its configuration:',
      '',
      '  auth:',
      '    token:',
      `      realm: ${origin}${prefix}/auth`,
      `      service: ${serviceOf(config.token)}`,
      `      issuer: ${JSON.stringify(config.token.issuer)}`,
      `      rootcertbundle: ${caPath}`,
    )
  }
  if (caPath !== undefined && standIn !== undefined) {
    lines.push('', `In place of ${standIn}, write the name by which clients reach this machine.`)
  }
  if (madePath !== undefined) {
    lines.push(
      '',
      `Clients must trust ${madePath} (docker takes any certificate from localhost; crane, oras and helm: SSL_CERT_FILE=${madePath}).`,
    )
  }
  const [point] = signInPoints(services.container.resolve(CHAINS).authenticators)
  if (point) {
    const { url: registered } = point.signIn.redirect
    lines.push(
      '',
      `People sign in with the browser at ${registered ? new URL('.', registered).href : `${opened}${prefix}/`}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** The first service that tokens are made for; where there are others, they are named behind it. */
function serviceOf({ services }: Pick<Config['token'], 'services'>): string {
  const [first, ...others] = (services ?? ['registry']).map((one) =>
    typeof one === 'string' ? one : one.name,
  )
  const comment = others.length > 0 ? `   # or ${others.map(asYaml).join(', ')}` : ''
  return `${asYaml(first!)}${comment}`
}

/** Plain where YAML reads it as the same text. */
function asYaml(text: string): string {
  return /^[A-Za-z][\w./:-]*$/.test(text) && !/:$|^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)
}

/** Said when a user is made, before its password, which stands alone on a line of standard output. */
export function newUser(account: string): string {
  return `The user ${account} was made; its password is shown once, alone on a line. Log in with:\n\n  docker login -u ${account} YOUR-REGISTRY\n\n`
}
