// What an operator is told at start: how to point a registry here, and, once, of a user that was just made.

import type { Config } from '../config/config.ts'
import { CHAINS } from '../request/pipeline.ts'
import { prefixInUrl } from '../server/path-prefix.ts'
import type { RunningServer } from '../server/server.ts'
import { signInPoints } from '../sign-in/point.ts'

/** The text for standard error, once the server listens. */
export function welcome(
  config: Pick<Config, 'server' | 'token'>,
  { listener, services }: RunningServer,
): string {
  const { tls } = services
  const { caPath } = services.keys
  const url = `${listener.address.startsWith('unix:') ? 'https://YOUR-HOST' : listener.address}${prefixInUrl(config.server.path_prefix)}`
  const lines = [`Dockwarden listens on ${listener.address}`]
  if (caPath !== undefined) {
    lines.push(
      '',
      'Point a registry (CNCF Distribution) here with these settings in its configuration:',
      '',
      '  auth:',
      '    token:',
      `      realm: ${url}/auth`,
      '      service: registry',
      `      issuer: ${JSON.stringify(config.token.issuer)}`,
      `      rootcertbundle: ${caPath}`,
    )
  }
  if (caPath !== undefined && 'port' in config.server.listen && config.server.listen.host === undefined) {
    lines.push('', 'In place of localhost, write the name by which clients reach this machine.')
  }
  if (tls?.madePath !== undefined) {
    lines.push('', `Clients must trust ${tls.madePath} (docker takes any certificate from localhost).`)
  }
  const [point] = signInPoints(services.container.resolve(CHAINS).authenticators)
  if (point) {
    const { url: registered } = point.signIn.redirect
    lines.push(
      '',
      `People sign in with the browser at ${registered ? new URL('.', registered).href : `${url}/`}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** Said when a user is made, before its password, which stands alone on a line of standard output. */
export function newUser(account: string): string {
  return `The user ${account} was made; its password is shown once, alone on a line. Log in with:\n\n  docker login -u ${account} YOUR-REGISTRY\n\n`
}
