// Reads a list of rules together with the files and folders that it includes.
import { readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { AclRule, Host, Remark, Steps, YamlContent } from '../../core/plugin.ts'
import {
  type Entry,
  flatten,
  flattenItem,
  type GroupPlace,
  NOTHING_OUTSIDE,
  type Outside,
  type Path,
} from './flatten.ts'
import { fileSchema, type Substitution } from './options.ts'

/** A rule, and where it was found. */
export interface FoundRule {
  readonly rule: AclRule
  readonly outside: Outside
  /** Its path in its list. */
  readonly path: Path
  /** The file with that list; undefined = the configuration itself. */
  readonly file?: YamlContent<unknown>
}

/** What a list of rules was read from. */
export interface Sources {
  /** The files that were read, absolute, and what they held, or why they could not be read. */
  readonly files: ReadonlyMap<string, string>
  /** The folders that were looked into, absolute, and the files of rules in them. */
  readonly folders: ReadonlyMap<string, readonly string[] | undefined>
  /** What is wrong: a line each, with its place and a remedy. */
  readonly problems: readonly string[]
}

/** All rules of a list, in order. */
export interface Found extends Sources {
  readonly rules: readonly FoundRule[]
  /** What is strange. */
  readonly warnings: readonly Remark[]
}

/**
 * Reads everything that a list includes, as far as it can be read.
 *
 * @param items the list in the configuration, checked
 * @param before what is in use
 * @param texts of files that have been read already, by their paths
 */
export function* findRules(
  items: unknown,
  substitution: Substitution,
  host: Pick<Host, 'files' | 'yaml'>,
  before?: Sources,
  texts: Texts = new Map(),
): Steps<Found> {
  const reader = new Reader(substitution, host, before, texts)
  yield* reader.readList(flatten(items, NOTHING_OUTSIDE), host.files.resolve('.'))
  return reader
}

/** What files held when they were last read, or why they could not be. */
export type Texts = ReadonlyMap<string, string>

/** What the files hold now. */
export async function textsNow({ files }: Sources, host: Pick<Host, 'files'>): Promise<Texts> {
  const texts = new Map<string, string>()
  for (const file of files.keys()) {
    texts.set(file, await host.files.load(file).catch(({ message }: Error) => message))
  }
  return texts
}

/** Whether files and folders still hold what was found in them. */
export function isUnchanged({ files, folders }: Sources, texts: Texts): boolean {
  return (
    [...folders].every(([folder, names]) => isDeepStrictEqual(namesIn(folder), names)) &&
    [...files].every(([file, text]) => texts.get(file) === text)
  )
}

/** The files of rules that stand in the folders now. */
export function filesNow({ folders }: Sources): string[] {
  return [...folders.keys()].flatMap((folder) => namesIn(folder) ?? [])
}

/**
 * The files with rules in a folder, by name: hidden ones and folders in it do not count.
 *
 * @returns undefined when it can't be looked into
 */
function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return undefined
  }
}

/** What can't be looked at is taken for a file: to read it tells best what is wrong. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

class Reader implements Found {
  readonly rules: FoundRule[] = []
  readonly files = new Map<string, string>()
  readonly folders = new Map<string, readonly string[] | undefined>()
  readonly problems: string[] = []
  readonly warnings: Remark[] = []
  readonly #before: Sources | undefined
  readonly #substitution: Substitution
  readonly #host: Pick<Host, 'files' | 'yaml'>
  readonly #texts: Texts
  readonly #base: string
  /** The files that are being read: each is included by the one before. */
  readonly #open: string[] = []

  constructor(
    substitution: Substitution,
    host: Pick<Host, 'files' | 'yaml'>,
    before: Sources | undefined,
    texts: Texts,
  ) {
    this.#before = before
    this.#texts = texts
    this.#substitution = substitution
    this.#host = host
    this.#base = host.files.resolve('.')
  }

  /** @param folder what relative paths start from */
  *readList(entries: readonly Entry[], folder: string, file?: YamlContent<unknown>): Steps<void> {
    for (const entry of entries) {
      yield 1
      if (entry.kind === 'rule') {
        const { rule, path, outside } = entry
        this.rules.push({ rule, path, outside, file })
      } else if (entry.kind === 'include') {
        yield* this.#include(resolve(folder, entry.include), withSource(entry.outside, file), {
          at: file ? file.spotOf([...entry.path, 'include']) : ['rules', ...entry.path, 'include'],
          shown: file ? file.placeOf([...entry.path, 'include']) : `${entry.name}: include`,
        })
      }
    }
  }

  *#include(path: string, outside: Outside, place: IncludePlace): Steps<void> {
    if (isFolder(path)) yield* this.#readFolder(path, outside, place)
    else yield* this.#readFile(path, outside, place)
  }

  *#readFolder(path: string, outside: Outside, place: IncludePlace): Steps<void> {
    const files = namesIn(path)
    this.folders.set(path, files)
    if (!files) {
      this.problems.push(
        `${place.shown}: cannot look into ${path}; give the user that runs Dockwarden the right to`,
      )
    } else if (files.length === 0) {
      const fault = `${path} holds no *.yml and no *.yaml file`
      // Its file system may be gone, and its denials with it.
      if (this.#before?.folders.get(path)?.length) {
        this.problems.push(
          `${place.shown}: ${fault} any more; put them back, or one that holds [] to have no rules`,
        )
      } else this.warnings.push({ at: place.at, message: `${fault}, and so no rules` })
    }
    for (const file of files ?? []) yield* this.#readFile(file, outside, place)
  }

  *#readFile(path: string, outside: Outside, place: IncludePlace): Steps<void> {
    if (this.#open.includes(path)) {
      this.problems.push(`${place.shown}: ${path} includes itself; remove this include`)
      return
    }
    this.#open.push(path)
    try {
      const text = this.#read(path)
      const inside: Outside = { ...outside, of: ` of ${this.#shown(path)}` }
      const content = yield* this.#host.yaml.parse(path, text, fileSchema(this.#substitution, inside))
      for (const [index, item] of content.value.entries()) {
        yield 5
        const entries = flattenItem(item, [index], index, inside, [])
        yield* this.readList(entries, dirname(path), content)
      }
    } catch (error) {
      const { message } = error as Error
      const told = message.startsWith('cannot read')
        ? `${place.shown}: ${message}; correct the path, or make the file`
        : message.replace(/^(.*?:\d+:\d+: )\[(\d+)\]/gm, (_, at, index) => `${at}rule ${Number(index) + 1}`)
      this.problems.push(told)
    }
    this.#open.pop()
  }

  /** The file's text; kept to see later whether it has changed. */
  #read(path: string): string {
    const known = this.#texts.get(path)
    try {
      const text =
        known === undefined || known.startsWith('cannot read') ? this.#host.files.read(path) : known
      this.files.set(path, text)
      return text
    } catch (error) {
      this.files.set(path, (error as Error).message)
      throw error
    }
  }

  /** As seen from the configuration's folder, when it lies below it. */
  #shown(path: string): string {
    const below = relative(this.#base, path)
    return below.startsWith('..') ? path : below
  }
}

/** Where an include stands. */
interface IncludePlace {
  readonly at: Remark['at']
  /** For messages: with line and column, or its name where it stands in the configuration itself. */
  readonly shown: string
}

/** What holds for an included file, whose groups are elsewhere. */
function withSource(outside: Outside, file: YamlContent<unknown> | undefined): Outside {
  const named = (group: GroupPlace | undefined): GroupPlace | undefined =>
    group && { source: { file }, ...group, outer: named(group.outer) }
  return outside.group ? { ...outside, group: named(outside.group)! } : outside
}
