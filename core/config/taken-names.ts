// What the instances of a file are called: their ids, and which plugin a name stands for.
import type { PluginDefinition, PluginKind } from '../plugin.ts'

/** An instance, as the file has it. */
export interface Claim {
  readonly definition: PluginDefinition
  /** The plugin as it is written: a name, a path, a package. */
  readonly written: string
  /** Left out: the default one. */
  readonly id: string | undefined
  /** Where it stands. @example 'authorizers[1]' */
  readonly at: string
}

/** The names of one file's instances, in the order in which they are claimed. */
export interface TakenNames {
  /**
   * @param report is told what has been taken by another instance
   * @returns the id
   */
  claim(claim: Claim, report: (message: string) => void): string
}

/** @param isBuiltIn whether a configuration means a built-in plugin by what it writes */
export function createTakenNames(isBuiltIn: (written: string, kind: PluginKind) => boolean): TakenNames {
  const ids = new Map<string, { readonly kind: PluginKind; readonly at: string }>()
  const plugins = new Map<string, Claim>()

  /** One backend may be asked as several kinds: the plain name is that of the first. */
  function defaultId({ definition: { kind, name }, written }: Claim): string {
    const id = isBuiltIn(written, kind) ? written : name
    const holder = ids.get(id)
    return holder && holder.kind !== kind ? `${id}-${kind}` : id
  }

  return {
    claim(claim, report) {
      const { definition, written, at } = claim
      const { kind, name } = definition
      const id = claim.id ?? defaultId(claim)
      const holder = ids.get(id)
      if (holder) report(`has the id ${JSON.stringify(id)}, as ${holder.at} has; give one of them another id`)
      ids.set(id, { kind, at })
      const known = plugins.get(`${kind} ${name}`)
      if (known && known.definition !== definition) {
        report(
          `${written} is another ${kind} of the name ${name} than ${known.written} at ${known.at}; rename one of the two plugins`,
        )
      }
      plugins.set(`${kind} ${name}`, known ?? claim)
      return id
    },
  }
}
