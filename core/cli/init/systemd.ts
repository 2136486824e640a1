// The units that `dockwarden init` writes: both run from the folder, as one user.
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Answers } from './answers.ts'
import { unitPath, unitWord } from './text.ts'

export const UNITS = { server: 'dockwarden.service', registry: 'dockwarden-registry.service' }

/** Not root: a user of its own, which the steps make. */
export function unitUser(): string {
  const { uid, username } = userInfo()
  return uid === 0 ? 'dockwarden' : username
}

/** @param command words of the command that runs the server */
export function serverUnit({ folder }: Answers, command: readonly string[]): string {
  return unit('Dockwarden, a token server for container registries', command, join(folder, 'var'), [
    'ExecReload=/bin/kill -HUP $MAINPID',
    '# What is in flight is answered first.',
    'TimeoutStopSec=45',
    'LimitNOFILE=65536',
    '# A crash would write secrets to the disk.',
    'LimitCORE=0',
  ])
}

/** @param command words of the command that runs the registry */
export function registryUnit({ folder, registry }: Answers, command: readonly string[]): string {
  const more = registry === 'distribution3' ? ['Environment=OTEL_TRACES_EXPORTER=none'] : []
  return unit('A container registry that asks Dockwarden', command, join(folder, 'images'), more)
}

function unit(
  description: string,
  command: readonly string[],
  writes: string,
  more: readonly string[],
): string {
  const user = unitUser()
  return `# As \`dockwarden init\` made it.
[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
ExecStart=${command.map(unitWord).join(' ')}
${more.map((line) => `${line}\n`).join('')}Restart=on-failure
RestartSec=2
User=${user}
UMask=0077
# All that it writes to.
ReadWritePaths=${unitPath(writes)}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`
}
