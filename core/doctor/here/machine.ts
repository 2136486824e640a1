// The machine that the server runs on: Node, descriptors, and what of its network shows in the configuration.
import { availableParallelism } from 'node:os'
import type { Config } from '../../config/config.ts'
import { mostWithin } from '../../work/connections.ts'
import { ownDescriptors } from '../../work/descriptors.ts'
import { type Finding, ok, warning } from '../finding.ts'
import type { Running } from './running.ts'

const FEW = 4_096

/** @param running whose limits count; without it those of this process */
export function judgeMachine({ server }: Config, running: Running | undefined): Finding[] {
  const most = running?.descriptors ?? ownDescriptors().most
  const wanted = server.limits.connections
  const possible = mostWithin({ most, used: () => undefined })
  const node = ok(
    'node',
    `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}, ${availableParallelism()} cores`,
  )
  if (most >= FEW && (wanted === undefined || wanted <= possible))
    return [node, ok('limits', `${most} files and connections at once`)]
  return [
    node,
    warning(
      'limits',
      `only ${possible} connections are possible with ${most} descriptors${wanted === undefined ? '' : `, and server.limits.connections is ${wanted}`}`,
      'more clients at once are refused',
      'raise them: ulimit -n, LimitNOFILE in systemd, --ulimit nofile in docker',
    ),
  ]
}
