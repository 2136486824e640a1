// From the options to the directory that they name. Nothing connects yet.
import { type Host, readTlsFiles } from '../../core/plugin.ts'
import type { Address } from './connection.ts'
import { Directory } from './directory.ts'
import { LdapRefusal } from './failures.ts'
import type { ConnectionOptions } from './options.ts'

const READY_TIMEOUT = 5_000

/**
 * @param options how the directory is reached; the files that they name are read
 * @param service false: there is no service account, `bind_dn` is the users' own
 */
export function openDirectory(options: ConnectionOptions, host: Host, service = true): Directory {
  const {
    bind_dn: dn,
    starttls = false,
    tls,
    connections = 8,
    server_timeout: serverTimeout = 2_000,
  } = options
  warnOfPlain(options, host)
  const password = service && dn ? passwordOf(options, host) : undefined
  return new Directory(
    {
      addresses: options.servers.map((server) => addressOf(server, starttls)),
      tls: {
        ...readTlsFiles(tls, host.files),
        rejectUnauthorized: !tls?.insecure_skip_verify,
      },
      connections,
      serverTimeout,
      serviceAccount: dn && password && (async () => ({ name: dn.source, password: await password() })),
    },
    host,
  )
}

/** `starttls: false` says that it is meant so. */
function warnOfPlain({ servers, starttls }: ConnectionOptions, host: Host): void {
  if (starttls !== undefined) return
  for (const [index, { host: name, secure }] of servers.entries()) {
    if (secure || LOOPBACK.test(name)) continue
    host.remark({
      at: ['servers', index],
      message:
        'is not encrypted, so that passwords cross the network in the clear; write starttls: true, or ldaps:// (starttls: false where that is meant)',
    })
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/

/** Rejects while no server can be asked, or none takes the service account. */
export async function askDirectory(directory: Directory, service = true): Promise<void> {
  const root = { base: '', filter: '(objectClass=*)', scope: 'base', attributes: [], limit: 1 } as const
  const signal = AbortSignal.timeout(READY_TIMEOUT)
  await directory.use(service ? 'search' : 'login', signal, async (connection, patience) => {
    try {
      await connection.search(root, patience)
    } catch (error) {
      // A no is an answer too: not everybody may see the root.
      if (!(error instanceof LdapRefusal) || error.unable) throw error
    }
  })
}

/**
 * @returns what reads it, again for each connection: it may change
 * @throws Error when its file can't be used
 */
function passwordOf(options: ConnectionOptions, { files }: Host): () => Promise<string> {
  const { bind_password: fixed, bind_password_file: file } = options
  if (file === undefined) return async () => fixed?.reveal() ?? ''
  const checked = (text: string) => {
    const password = text.trim()
    if (password === '')
      throw new Error(`${files.resolve(file)} is empty; write the password of bind_dn into it`)
    return password
  }
  checked(files.read(file))
  return async () => checked(await files.load(file))
}

function addressOf({ host, port, secure }: ConnectionOptions['servers'][number], starttls: boolean): Address {
  const written = host.includes(':') ? `[${host}]` : host
  const security = secure ? 'ldaps' : starttls ? 'starttls' : 'none'
  return { host, port, security, name: `${secure ? 'ldaps' : 'ldap'}://${written}:${port}` }
}
