// Why there is no connection to a database, in words.
import { networkReason } from '../../core/plugin.ts'

/** What a path of a socket can fail with. */
const SOCKET: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such socket; start the database, or correct host'],
  ['EACCES', 'no permission for the socket; give it to the user that runs Dockwarden'],
])

const NAMES = {
  server: 'the database',
  address: 'host and port',
  plain: 'tls: false',
  anyName: 'or set tls.verify: ca',
}

/** The reason and the remedy; undefined for an error of another kind. */
export function whyNoConnection(error: unknown): string | undefined {
  return SOCKET.get((error as { code?: unknown }).code) ?? networkReason(error, NAMES)
}
