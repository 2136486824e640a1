// What docker_auth's form says and the native form does not, as comments: with the reason, and without what may be secret.
import { isMap, isScalar, isSeq, type Node, stringify } from 'yaml'
import { isSecretName } from '../kit/plain-secrets.ts'
import { isTokenLike } from '../kit/request-secrets.ts'
import type { Problem } from '../yaml/problems.ts'
import { SECRET_TAGS } from '../yaml/yaml-secret.ts'
import type { SourceItem } from './source-items.ts'

/** What is told of places in the source: problems and warnings. */
export class Remarks {
  readonly #byPlace = new Map<string, Problem[]>()

  constructor(remarks: readonly Problem[]) {
    for (const remark of remarks) {
      const place = `${remark.line}:${remark.path.split('.').at(-1)?.replace(/\[.*/, '')}`
      this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), remark])
    }
  }

  /** What is said of an entry, as sentences. */
  of(item: SourceItem): string[] {
    return this.#own(item, item.name ?? 'this')
  }

  /** The same with what is said of all in it. */
  within(item: SourceItem, name = item.name ?? 'this'): string[] {
    const inner = item.children.flatMap((child, index) =>
      this.within(child, child.name === undefined ? `${name}[${index}]` : `${name}.${child.name}`),
    )
    return [...new Set([...this.#own(item, name), ...inner])]
  }

  #own(item: SourceItem, name: string): string[] {
    const remarks = this.#byPlace.get(`${item.line}:${item.name ?? ''}`) ?? []
    return [...new Set(remarks.map(({ message }) => sentence(name, message)))]
  }
}

const UNKNOWN = ': unknown key'

/**
 * An entry as lines of a comment.
 *
 * @param reasons why it has no other place, as sentences
 */
export function leftoverLines(item: SourceItem, reasons: readonly string[]): string[] {
  const { name } = item
  // That an item of a list is written in another way shows in the list.
  if (name === undefined && reasons.length === 0) return []
  // What nobody knows may be a secret whose name was misspelt.
  const unknown = reasons.some((reason) => reason.includes(UNKNOWN))
  const value = shownValue(item.meant, name ?? '', unknown)
  const shown = stringify(name === undefined ? [value] : { [name]: value }, { lineWidth: 0, nullStr: '' })
  const lines = shown.trimEnd().split('\n')
  if (reasons.length === 0 && lines.length === 1) return [` ${NOT_NEEDED} ${lines[0]!.trimEnd()}`]
  const head = reasons.length === 0 ? NOT_NEEDED : `Not carried over: ${reasons.join('; ')}`
  return [` ${head}`, ...lines.map((line) => `   ${line}`.trimEnd())]
}

/** It goes without saying, or is said elsewhere. */
const NOT_NEEDED = 'Not needed here:'

/** What is said of a key, without a remedy that is none for the new file. */
function sentence(name: string, reason: string): string {
  const said = reason.replace(/[,;] (so )?(remove (it|this key)|write it)$/, '')
  return /^(\d|an? |unknown |not )/.test(said) ? `${name}: ${said}` : `${name} ${said}`
}

/** A user and a password before a host, or a parameter called like a secret. */
const MAY_HOLD_SECRET = /:[^/@\s]+@|(pass(word|wd)?|pwd|secret|token|key)\s*=/i

function shownValue(node: Node | null, name: string, masked: boolean): unknown {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map((pair) => {
        const key = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : String(pair.key)
        return [key, shownValue(pair.value as Node | null, key, masked || isSecretName(key))]
      }),
    )
  }
  if (isSeq(node)) return node.items.map((held) => shownValue(held as Node, name, masked))
  if (!isScalar(node)) return node === null ? null : '***'
  const { value, tag = '' } = node
  if (typeof value !== 'string' || SECRET_TAGS.has(tag))
    return SECRET_TAGS.has(tag) ? `${tag} ${value}` : value
  const hidden = masked || isSecretName(name) || MAY_HOLD_SECRET.test(value) || isTokenLike(value)
  return hidden && value !== '' ? '***' : value
}
