// The path of the control socket. The system takes none of more than 107 bytes; behind /proc a folder has a short name.
import { open } from 'node:fs/promises'
import { join } from 'node:path'

/** Its name in the state directory. */
export const CONTROL_SOCKET = 'control.sock'

/** What `sockaddr_un` holds on Linux, without the zero at its end; elsewhere it is a little less. */
const LONGEST = process.platform === 'linux' ? 107 : 103

/**
 * Does something with a socket of a folder, by a path that the system takes.
 *
 * @throws Error for a folder whose path is too long where there is no other name for it, and whatever `use` throws
 * @example await bySocketPath('/var/lib/dockwarden', 'control.sock', (path) => connected(path))
 */
export async function bySocketPath<T>(
  folder: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= LONGEST) return await use(path)
  if (process.platform !== 'linux') {
    throw new Error(
      `the path of ${path} has more than ${LONGEST} bytes; set server.state_dir to a shorter one`,
    )
  }
  await using handle = await open(folder, 'r')
  return await use(`/proc/self/fd/${handle.fd}/${name}`)
}
