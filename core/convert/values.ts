// Single values of the native form, written as the source wrote them: quotes, blocks, and paths from the new file's folder.
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { isScalar, Scalar } from 'yaml'
import { goSeconds } from '../config/docker-auth/go-duration.ts'
import { type Marked, schemasAlong } from '../config/schema-marks.ts'
import type { PathMark } from '../kit/paths.ts'
import { Secret } from '../plugin.ts'
import { SECRET_TAGS } from '../yaml/yaml-secret.ts'
import type { SecretPlace, Secrets } from './secrets.ts'
import { pathOf, type SourceItem } from './source-items.ts'

/** What is known of the configuration around the values. */
export interface Around {
  readonly secrets: Secrets
  /** The folder that the source's relative paths start from. */
  readonly base: string
  /** The file that is written. */
  readonly file: string
  /** What is known of the native form's own sections. */
  readonly sections: Marked<PathMark>
  /** What is known of the options of instances, by their places in the lists. */
  readonly options: ReadonlyMap<string, Marked<PathMark>>
  /** The ids of instances, likewise. */
  readonly ids: ReadonlyMap<string, string>
}

export type Keys = readonly string[]

/** An instance in its list. @example instanceKey(['authorizers', '0', 'options']) // 'authorizers 0' */
export function instanceKey([list, index]: Keys): string {
  return `${list} ${index}`
}

/**
 * Makes the node of a value that is no map and no list.
 *
 * @param item where it comes from
 * @param keys lead to it in the native form
 */
export function scalarNode(value: unknown, item: SourceItem | undefined, keys: Keys, around: Around): Scalar {
  const source = isScalar(item?.meant) ? item.meant : undefined
  const place = placeOf(value, source, item, keys, around)
  if (place) {
    const named = new Scalar(
      place.tag === '!file' ? fromHere(place.name, String(source?.value ?? ''), around) : place.name,
    )
    named.tag = place.tag
    return named
  }
  const given = isDurationOf(value, source) ? source.value : value
  const node = new Scalar(typeof given === 'string' ? pathFrom(given, keys, around) : given)
  if (source?.type !== undefined && source.value === given && source.type !== Scalar.PLAIN)
    node.type = source.type
  return node
}

/** Whether a number of seconds is written as a text that means the same in both forms: 1h30m. */
function isDurationOf(value: unknown, source: Scalar | undefined): source is Scalar<string> {
  const text = source?.value
  return typeof value === 'number' && typeof text === 'string' && isSameDuration(value, text)
}

/** @example isSameDuration(90, '1m30s') // true */
export function isSameDuration(seconds: number, text: string): boolean {
  return /^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text) && goSeconds(text) === seconds
}

/** Where a secret is written; undefined for what is none. What a secret was taken apart into is secret as well. */
function placeOf(
  value: unknown,
  source: Scalar | undefined,
  item: SourceItem | undefined,
  keys: Keys,
  { secrets, base, ids }: Around,
): SecretPlace | undefined {
  const words = () => {
    const id = ids.get(instanceKey(keys))
    return id === undefined ? keys : [id, ...keys.slice(3)]
  }
  const from = item ? pathOf(item) : keys.join('.')
  if (value instanceof Secret) return secrets.placeOf(value) ?? secrets.place(value, words(), from)
  if (!source || !SECRET_TAGS.has(source.tag ?? '')) return undefined
  const read = secrets.read(source.tag!, String(source.value), base)
  if (read.reveal() === String(value)) return secrets.placeOf(read)
  return secrets.place(new Secret(String(value)), words(), from)
}

function pathFrom(text: string, keys: Keys, around: Around): string {
  const kind = pathKind(keys, around)
  if (kind === undefined || (kind === 'program' && !text.includes('/'))) return text
  const path = fromHere(resolve(around.base, text), text, around)
  return kind === 'program' && !path.includes('/') ? `./${path}` : path
}

/** A path as the new file names it: in full where the source did so. */
function fromHere(path: string, written: string, { file, base }: Around): string {
  const folder = dirname(resolve(file))
  if (isAbsolute(written)) return path
  if (written !== '' && resolve(base, written) === path && resolve(folder, written) === path) return written
  return relative(folder, path) || '.'
}

function pathKind(keys: Keys, { options, sections }: Around): PathMark['path'] | undefined {
  const own = options.get(instanceKey(keys))
  const along = own ? schemasAlong(own, keys.slice(3)) : schemasAlong(sections, keys)
  return along.at(-1)!.find(({ path }) => path !== undefined)?.path
}
