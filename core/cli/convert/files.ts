// Writes a converted configuration, and the files of its secrets. Nothing that is there already is written over.
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileContentOf, type PlannedSecret } from '../../convert/secrets.ts'
import { osReason } from '../../kit/os-errors.ts'

/** @throws Error when a file is there already */
export function assertFree(file: string, secrets: readonly PlannedSecret[]): void {
  const there = [file, ...secrets.map(({ name }) => name)].find((path) => existsSync(path))
  if (there !== undefined) throw new Error(`${there} is there already; remove it, or name another --output`)
}

/**
 * Writes all files, the configuration last.
 *
 * @param source whose mode the configuration gets
 * @throws Error when one can't be written; then none is left
 */
export async function writeFiles(
  source: string,
  file: string,
  text: string,
  secrets: readonly PlannedSecret[],
): Promise<void> {
  const { mode, uid, gid } = await stat(source)
  const written: string[] = []
  // What root writes is for whoever owns the source.
  const own = async (path: string) => {
    if (process.geteuid?.() === 0) await chown(path, uid, gid)
  }
  const write = async (path: string, content: string, mode: number) => {
    try {
      await writeFile(path, content, { flag: 'wx', mode: 0o600 })
      written.push(path)
      // Whatever the umask says.
      await chmod(path, mode)
      await own(path)
    } catch (error) {
      await Promise.all(written.map((one) => rm(one, { force: true })))
      throw new Error(`can not write ${path}: ${osReason(error)}`)
    }
  }
  // One that is there is as good.
  const makeFolder = async (path: string) => {
    if (existsSync(path)) return
    try {
      await mkdir(path, { mode: 0o700 })
      await own(path)
    } catch (error) {
      throw new Error(`can not make the folder ${path}: ${osReason(error)}`)
    }
  }
  for (const { name, secret } of secrets) {
    await makeFolder(dirname(name))
    await write(name, fileContentOf(secret), 0o600)
  }
  await write(file, text, mode & 0o777)
}
