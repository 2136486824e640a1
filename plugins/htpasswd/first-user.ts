// The password file in the state directory, and the first user in it.
import { type Host, makePassword } from '../../core/plugin.ts'

const FILE = 'htpasswd'

/**
 * The password file in the state directory. When it is missing it is made, with the first user and a random password, which
 * is announced; without a first user it is made empty, for `dockwarden user add`.
 *
 * @returns its path; undefined when it is missing and may not be made (`dockwarden check`)
 */
export async function stateFile(firstUser: string | undefined, host: Host): Promise<string | undefined> {
  const password = makePassword()
  let made: string | undefined
  const path = await host.state.file(FILE, async () => {
    made = firstUser === undefined ? EMPTY : `${firstUser}:${await host.passwords.hash(password)}\n`
    return made
  })
  // When two processes start at once, one makes the file; the other's password is good for nothing.
  const ours = path !== undefined && made !== undefined && host.files.read(path) === made
  if (ours && firstUser !== undefined) host.state.announce({ account: firstUser, password })
  return path
}

const EMPTY = '# user:hash, one a line; add a user with: dockwarden user add NAME --file THIS_FILE\n'
