// Reads a list of rules together with the files and folders that it includes.
import { readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { AclRule, Host, YamlContent } from '../../core/contract/index.ts'
import { type Entry, flatten, NOTHING_OUTSIDE, type Outside, type Path } from './flatten.ts'
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

/** All rules of a list, in order. */
export interface Found {
  readonly rules: readonly FoundRule[]
  /** The files that were read, absolute, and what they held, or why they could not be read. */
  readonly files: ReadonlyMap<string, string>
  /** The folders that were looked into, absolute, and the files of rules in them. */
  readonly folders: ReadonlyMap<string, readonly string[] | undefined>
  /** What is wrong: a line each, with its place and a remedy. */
  readonly problems: readonly string[]
  /** What is strange. */
  readonly warnings: readonly string[]
}

/**
 * Reads everything that a list includes, as far as it can be read.
 *
 * @param items the list in the configuration, checked
 * @param before what is in use
 */
export function findRules(
  items: unknown,
  substitution: Substitution,
  host: Pick<Host, 'files' | 'yaml'>,
  before?: Found,
): Found {
  const reader = new Reader(substitution, host, before)
  reader.readList(flatten(items, NOTHING_OUTSIDE), host.files.resolve('.'))
  return reader
}

/** Whether files and folders still hold what was found in them. */
export function isUnchanged({ files, folders }: Found, host: Pick<Host, 'files'>): boolean {
  return (
    [...folders].every(([folder, names]) => isDeepStrictEqual(namesIn(folder), names)) &&
    [...files].every(([file, text]) => textOf(file, host) === text)
  )
}

/** The files of rules that stand in the folders now. */
export function filesNow({ folders }: Found): string[] {
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

function textOf(file: string, { files }: Pick<Host, 'files'>): string {
  try {
    return files.read(file)
  } catch (error) {
    return (error as Error).message
  }
}

class Reader implements Found {
  readonly rules: FoundRule[] = []
  readonly files = new Map<string, string>()
  readonly folders = new Map<string, readonly string[] | undefined>()
  readonly problems: string[] = []
  readonly warnings: string[] = []
  readonly #before: Found | undefined
  readonly #substitution: Substitution
  readonly #host: Pick<Host, 'files' | 'yaml'>
  readonly #base: string
  /** The files that are being read: each is included by the one before. */
  readonly #open: string[] = []

  constructor(substitution: Substitution, host: Pick<Host, 'files' | 'yaml'>, before: Found | undefined) {
    this.#before = before
    this.#substitution = substitution
    this.#host = host
    this.#base = host.files.resolve('.')
  }

  /** @param folder what relative paths start from */
  readList(entries: readonly Entry[], folder: string, file?: YamlContent<unknown>): void {
    for (const entry of entries) {
      if (entry.kind === 'rule') {
        const { rule, path, outside } = entry
        this.rules.push({ rule, path, outside, file })
      } else if (entry.kind === 'include') {
        const place = file
          ? file.placeOf([...entry.path, 'include'])
          : `rules.${[...entry.path, 'include'].join('.')}`
        this.#include(resolve(folder, entry.include), entry.outside, place)
      }
    }
  }

  #include(path: string, outside: Outside, place: string): void {
    if (isFolder(path)) this.#readFolder(path, outside, place)
    else this.#readFile(path, outside, place)
  }

  #readFolder(path: string, outside: Outside, place: string): void {
    const files = namesIn(path)
    this.folders.set(path, files)
    if (!files) {
      this.problems.push(
        `${place}: cannot look into ${path}; give the user that runs Dockwarden the right to`,
      )
    } else if (files.length === 0) {
      const fault = `${place}: ${path} holds no *.yml and no *.yaml file`
      // Its file system may be gone, and its denials with it.
      if (this.#before?.folders.get(path)?.length) {
        this.problems.push(`${fault} any more; put them back, or one that holds [] to have no rules`)
      } else this.warnings.push(`${fault}, and so no rules`)
    }
    for (const file of files ?? []) this.#readFile(file, outside, place)
  }

  #readFile(path: string, outside: Outside, place: string): void {
    // Before its content is used: a change in between is seen later.
    this.files.set(path, textOf(path, this.#host))
    if (this.#open.includes(path)) {
      this.problems.push(`${place}: ${path} includes itself; remove this include`)
      return
    }
    this.#open.push(path)
    try {
      const inside: Outside = { ...outside, of: ` of ${this.#shown(path)}` }
      const content = this.#host.yaml.read(path, fileSchema(this.#substitution, inside))
      this.readList(flatten(content.value, inside), dirname(path), content)
    } catch (error) {
      const { message } = error as Error
      const told = message.startsWith('cannot read')
        ? `${place}: ${message}; correct the path, or make the file`
        : message
      this.problems.push(told)
    }
    this.#open.pop()
  }

  /** As seen from the configuration's folder, when it lies below it. */
  #shown(path: string): string {
    const below = relative(this.#base, path)
    return below.startsWith('..') ? path : below
  }
}
