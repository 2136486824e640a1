// Do clients come through a proxy, and does the server know?
import type { Config } from '../../config/config.ts'
import { type Finding, ok, warning } from '../finding.ts'

/** @param isProxied whether the realm leads to something else than where the server listens; undefined when that is not known */
export function judgeProxies(
  { server: { client_ip: clientIp } }: Config,
  isProxied: boolean | undefined,
): Finding[] {
  if (isProxied && !clientIp) {
    return [
      warning(
        'client-ip',
        'a proxy stands before the server, and server.client_ip is not set',
        "every client has the proxy's address: rules on client.ip, the guard and the audit log take them for one",
        'set server.client_ip: { header: X-Forwarded-For, trusted_proxies: [ADDRESS OF THE PROXY] }',
      ),
    ]
  }
  if (isProxied === false && clientIp) {
    return [
      warning(
        'client-ip',
        'server.client_ip is set, and the realm leads straight to the server',
        'clients that come past the proxy send no header, or one of their own',
        "let the registry's auth.token.realm name the proxy, or take server.client_ip out",
      ),
    ]
  }
  const from = clientIp
    ? `come from ${clientIp.header}${clientIp.position === undefined ? '' : ', whoever sends it (position; trusted_proxies is safer)'}`
    : 'are those of their connections'
  return [ok('client-ip', `clients' addresses ${from}`)]
}
