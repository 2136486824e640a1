// docker_auth's form as a file in the native form: what the server itself makes of it at each start, written down once.
import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { Document, isMap, isNode, isPair, type Node, type Pair, Scalar, visit, type YAMLMap } from 'yaml'
import { type Inspection, inspectText } from '../config/config.ts'
import { placeInChain } from '../config/docker-auth/translate.ts'
import { nativeSchema } from '../config/native/schema.ts'
import { type Marked, markedBy } from '../config/schema-marks.ts'
import { PATHS, type PathMark } from '../kit/paths.ts'
import { ConfigError, type Problem, type Spot } from '../yaml/problems.ts'
import type { YamlFile } from '../yaml/yaml-file.ts'
import { rewriteRules } from './globs.ts'
import { Remarks } from './leftovers.ts'
import { buildDocument, type NativeDocument } from './native-document.ts'
import { placeComments } from './place-comments.ts'
import { type NewPlace, Secrets } from './secrets.ts'
import { readItems, type SourceItem } from './source-items.ts'
import { type Around, instanceKey } from './values.ts'

/** A file in docker_auth's form. */
export interface Source {
  readonly file: string
  /** What it holds. */
  readonly text: string
}

/** Where the result will be. */
export interface Target {
  /** The file to be, from whose folder relative paths start. */
  readonly file: string
  readonly secrets: NewPlace
}

/** What a file became. */
export interface Conversion {
  /** The native form. */
  readonly text: string
  readonly secrets: Secrets
  /** What could not be carried over, though it decides something: sections of which there is no instance. */
  readonly missing: readonly Problem[]
  /** What the source's own check warns of. */
  readonly warnings: readonly Problem[]
  /** What is good to know. */
  readonly notes: readonly string[]
  /** The native form that the server makes of the source by itself, without the missing sections. */
  readonly tree: object
}

/** Thrown for a file that needs no conversion. */
export class AlreadyNative extends Error {}

/**
 * Converts a file.
 *
 * @throws AlreadyNative
 * @throws ConfigError with what has to be mended first: what docker_auth would not start with either, and sections that can't be left
 *   out, since others would be asked in their place
 */
export async function convertText({ file, text }: Source, target: Target): Promise<Conversion> {
  const secrets = new Secrets(target.secrets)
  const nodes = new Map<Spot, Pair | Node | null>()
  const source = await inspectText(text, file, {
    secrets: secrets.read,
    onEntry({ key, value }, node) {
      nodes.set(key, node).set(value, node)
    },
  })
  if (source.form === 'native' && source.tree !== undefined && source.tree !== null)
    throw new AlreadyNative(`${file} is in the native form already; there is nothing to convert`)
  const missing = missingSections(source)
  const tree = source.tree as Tree
  leaveOut(tree, missing, source.yaml)
  keepDefaults(tree, source, target)
  const rules = tree.authorizers.map(({ options }) => rewriteRules(options))

  const items = readItems(text, source.yaml.contents)
  const around = aroundOf(source, tree, secrets, target)
  const itemOf = ({ key, value }: { key: Spot; value: Spot }): SourceItem | undefined =>
    items.of(nodes.get(key) ?? nodes.get(value) ?? null)
  const document = buildDocument(tree, source.yaml, items.root, itemOf, around)
  tellOfRules(document.contents, rules)
  const remarks = new Remarks([...source.problems, ...source.warnings])
  const end = placeComments(document, items.root, { remarks, placeOf: placeInChain })
  return {
    text: textOf(document, file, end),
    secrets,
    missing,
    warnings: source.warnings,
    notes: notesOf(rules),
    tree,
  }
}

/** The native form before it is checked, as far as it is looked at here. */
interface Tree {
  readonly server: { state_dir?: unknown; reload?: unknown }
  authenticators: Instance[]
  authorizers: Instance[]
}
interface Instance {
  readonly id: string
  readonly options: object
}

/** @returns the problems of sections without which all others decide as before: the last ones of their chains */
function missingSections({ form, problems, warnings, yaml, tree }: Inspection): readonly Problem[] {
  if (yaml.problems.length > 0 || form === 'native' || tree === undefined)
    throw new ConfigError(problems, warnings)
  const sections = new Set(yaml.places.get(yaml.value as object)!.entries.keys())
  const wrong = new Set(problems.map(sectionOf))
  for (const section of wrong) {
    const place = placeInChain(section)
    if (
      !place ||
      !sections.has(section) ||
      place.after.some((after) => sections.has(after) && !wrong.has(after))
    )
      throw new ConfigError(problems, warnings)
  }
  return problems
}

function sectionOf({ path }: Problem): string {
  return path.split(/[.[]/)[0]!
}

function leaveOut(tree: Tree, missing: readonly Problem[], yaml: YamlFile): void {
  const wrong = new Set(missing.map(sectionOf))
  for (const list of ['authenticators', 'authorizers'] as const) {
    const { self, entries } = yaml.places.get(tree[list])!
    const kept = [...tree[list].entries()].filter(([, { id }]) => !wrong.has(id))
    tree[list] = kept.map(([, instance]) => instance)
    yaml.places.set(tree[list], {
      self,
      entries: new Map(kept.map(([before], index) => [String(index), entries.get(String(before))!])),
    })
  }
}

/**
 * Writes out what the form or the place of a file decides: when it is read again, and where the state is, which the server made
 * beside the source.
 */
function keepDefaults({ server }: Tree, { config, yaml }: Inspection, { file }: Target): void {
  const { stateDir, reload } = config!
  const { self, entries } = yaml.places.get(server)!
  const put = (key: 'reload' | 'state_dir', value: string) => {
    server[key] = value
    entries.set(key, { key: self, value: self })
  }
  if (server.reload === undefined) put('reload', reload)
  if (
    server.state_dir === undefined &&
    !process.env.DOCKWARDEN_STATE_DIR &&
    stateDir !== resolve(file, '..', 'var') &&
    existsSync(stateDir)
  )
    put('state_dir', stateDir)
}

function aroundOf({ config }: Inspection, tree: Tree, secrets: Secrets, { file }: Target): Around {
  const options = new Map<string, Marked<PathMark>>()
  const ids = new Map<string, string>()
  for (const list of ['authenticators', 'authorizers'] as const) {
    for (const [index, { id }] of tree[list].entries()) {
      const key = instanceKey([list, String(index)])
      const plan = config?.plugins.find((other) => other.id === id)
      if (plan) options.set(key, markedBy(plan.definition.options, PATHS))
      ids.set(key, id)
    }
  }
  return { secrets, base: process.cwd(), file, sections: markedBy(nativeSchema, PATHS), options, ids }
}

type Rewritten = ReturnType<typeof rewriteRules>

const WHY_PATTERN =
  ' As in docker_auth: what a placeholder stands for becomes a part of the pattern. Without this key it is text.'
const WHY_SINGLE =
  ' ** is the same as * in docker_auth, and stands here as that. Write ** where any depth is meant.'

function tellOfRules(contents: YAMLMap, rules: readonly Rewritten[]): void {
  for (const [index, rewritten] of rules.entries()) {
    const options = contents.getIn(['authorizers', index, 'options'], true)
    if (!rewritten || !isMap(options)) continue
    const tell = (key: string, why: string) => {
      const found = options.items.find((pair) => (pair.key as Scalar).value === key)?.key
      if (found instanceof Scalar) found.commentBefore = why
    }
    if (rewritten.kept) tell('substitution', WHY_PATTERN)
    if (rewritten.doubled > 0) tell('rules', WHY_SINGLE)
  }
}

function notesOf(rules: readonly Rewritten[]): string[] {
  const doubled = rules.reduce((sum, rewritten) => sum + (rewritten?.doubled ?? 0), 0)
  if (doubled === 0) return []
  const some = doubled === 1 ? 'a pattern has **' : `${doubled} patterns have **`
  return [
    `${some}, which is the same as * in docker_auth, and is written as that; write ** where any depth is meant`,
  ]
}

function textOf({ contents }: NativeDocument, file: string, end: readonly string[]): string {
  const document = new Document()
  document.contents = contents as never
  document.commentBefore = ` The native form of ${JSON.stringify(basename(file)).slice(1, -1)}, written by dockwarden convert.`
  if (end.length > 0) document.comment = end.join('\n')
  for (const { key } of contents.items.slice(1)) (key as Scalar).spaceBefore = true
  visit(document, {
    Collection(_, collection) {
      const [first] = collection.items
      const head = isPair(first) ? first.key : first
      if (isNode(head)) head.spaceBefore = false
      if (collection.flow && collection.items.length > 0 && holdsComments(collection)) collection.flow = false
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** Between `{ }` and `[ ]` they would be hard to read. */
function holdsComments(collection: Node): boolean {
  let found = false
  visit(collection, {
    Node(_, node) {
      found ||= node !== collection && Boolean(node.comment || node.commentBefore)
    },
  })
  return found
}
