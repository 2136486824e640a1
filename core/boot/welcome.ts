// What an operator is told at start: how to point a registry here, and, once, the user that was just made.
import type { Config } from './config.ts'
import type { RunningServer } from './server.ts'

/** The text for standard error. Passwords are not in it: they go to standard output, alone on their line. */
export function welcome(config: Config, { listener, services }: RunningServer): string {
  const { announced, caPath, tls } = services
  const url = `${listener.address.startsWith('unix:') ? 'https://YOUR-HOST' : listener.address}${config.server.path_prefix}`
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
  for (const { account } of announced) {
    lines.push(
      '',
      `The user ${account} was made; its password is shown once, alone on a line. Log in with:`,
      '',
      `  docker login -u ${account} YOUR-REGISTRY`,
    )
  }
  return `${lines.join('\n')}\n`
}
