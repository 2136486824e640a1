// The model and the policy as their files hold them, read again when these change.
import { type Host, inSlices } from '../../core/plugin.ts'
import { createJudge, type Judge } from './judge.ts'

/** Paths as the configuration has them. */
export interface Paths {
  readonly model: string
  readonly policy: string
}

/** The judge of the moment. */
export interface Current {
  judge(): Judge
  /** Resolves when nothing is being read any more. */
  close(): Promise<void>
}

/**
 * Reads both files, and again when one of them has changed: a new judge then takes the place of the one before, whole. While
 * they can't be used, the one before stays, and the log says why.
 *
 * @throws Error that names the file which can't be used now
 */
export async function openFiles(paths: Paths, { files, log, work }: Host): Promise<Current> {
  const places = { model: files.resolve(paths.model), policy: files.resolve(paths.policy) }
  const read = async () => {
    const [model, policy] = [await files.load(places.model, '#'), await files.load(places.policy, '#')]
    return await inSlices(createJudge({ model, policy }), work).catch(({ message }: Error) => {
      const [file] = /^(model|policy)(?=: )/.exec(message) ?? []
      throw new Error(file ? places[file as keyof Paths] + message.slice(file.length) : message)
    })
  }
  let doubt: string | undefined
  const told = (read: Judge) => {
    if (read.doubt && read.doubt !== doubt) log.warn({}, `${places.policy}: ${read.doubt}`)
    doubt = read.doubt
    return read
  }
  let judge = told(await read())
  const watch = files.watch(
    {
      name: 'the casbin model or policy',
      paths: async () => Object.values(places),
      async reload() {
        judge = told(await read())
        log.debug({ lines: judge.lines }, 'casbin model and policy read')
      },
    },
    log,
  )
  return { judge: () => judge, close: () => watch.stop() }
}
