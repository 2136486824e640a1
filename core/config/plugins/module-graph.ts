// Which files a plugin's module consists of, and what they held when they were read: the module itself, and what it imports by a
// relative path. Node keeps every module for good under its URL, so that one that has changed gets another URL: a tag behind it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire, type LoadFnOutput } from 'node:module'
import { fileURLToPath } from 'node:url'

const required = createRequire(import.meta.url)

const TAG = /\?dockwarden-read=\d+/
const ALL_TAGS = new RegExp(TAG, 'g')

/** The text of an error or a stack, with the files' names as they are. */
export function withoutTags(text: string): string {
  return text.replace(ALL_TAGS, '')
}

/** A file of a module. */
interface Part {
  readonly path: string
  /** Of what was read; undefined until it is. */
  digest: string | undefined
  readonly imports: Set<string>
}

/** The files of all plugins' modules, by their URLs. */
export class ModuleGraph {
  readonly #parts = new Map<string, Part>()
  /** The modules that plugins begin with, by their URLs without tags. */
  readonly #roots = new Map<string, readonly string[]>()
  readonly #own: readonly string[]
  #tags = 0

  /** @param own URLs of folders whose modules are the host's, and stay as they are */
  constructor(own: readonly string[]) {
    this.#own = own
  }

  /** Names the module that a plugin begins with: as it was read when it held the same, or anew. */
  root(url: string): string {
    const known = this.#roots.get(url) ?? []
    const same = known.find((root) => this.isUnchanged(root))
    if (same !== undefined) return same
    const root = this.#parts.has(url) ? `${url}?dockwarden-read=${++this.#tags}` : url
    this.#roots.set(url, [...known, root])
    this.#note(root)
    return root
  }

  /** Has a module read anew the next time, although nothing of it has changed. */
  forget(root: string): void {
    const url = withoutTags(root)
    this.#roots.set(
      url,
      (this.#roots.get(url) ?? []).filter((one) => one !== root),
    )
  }

  /** Names a module that another one imports: tagged as that one, when it belongs to the same plugin. */
  imported(url: string, specifier: string, parent: string | undefined): string {
    const importer = this.#parts.get(parent ?? '')
    const isPart = importer && /^[./#]|^file:/.test(specifier) && url.startsWith('file:')
    if (!isPart || this.#own.some((folder) => url.startsWith(folder))) return url
    const tagged = `${withoutTags(url)}${TAG.exec(parent!)?.[0] ?? ''}`
    importer.imports.add(tagged)
    this.#note(tagged)
    return tagged
  }

  /** A file is about to be read: what comes of it may be an error. */
  begin(url: string): void {
    const part = this.#parts.get(url)
    if (!part) return
    part.digest = now(part.path)
    // CommonJS has a table of its own, by paths without a tag.
    delete required.cache[part.path]
  }

  /** Takes what was read. */
  read(url: string, { source }: LoadFnOutput): void {
    const part = this.#parts.get(url)
    if (part && source !== undefined && source !== null) part.digest = digestOf(source)
  }

  /** The paths of all that a module consists of, as far as it was read. */
  filesOf(url: string): string[] {
    return [...this.#partsOf(url)].map(({ path }) => path)
  }

  /** Whether all files of a module still hold what was read. */
  isUnchanged(url: string): boolean {
    return [...this.#partsOf(url)].every(({ path, digest }) => digest === undefined || digest === now(path))
  }

  #note(url: string): void {
    const known = this.#parts.get(url)
    if (!known) this.#parts.set(url, { path: fileURLToPath(url), digest: undefined, imports: new Set() })
  }

  #partsOf(url: string, found = new Set<Part>()): Set<Part> {
    const part = this.#parts.get(url)
    if (!part || found.has(part)) return found
    found.add(part)
    for (const imported of part.imports) this.#partsOf(imported, found)
    return found
  }
}

function digestOf(content: NonNullable<LoadFnOutput['source']>): string {
  const bytes = typeof content === 'string' ? content : new Uint8Array(content as ArrayBuffer)
  return createHash('sha256').update(bytes).digest('base64')
}

function now(path: string): string | undefined {
  try {
    return digestOf(readFileSync(path))
  } catch {
    return undefined
  }
}
