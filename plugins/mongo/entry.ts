// docker_auth's ACL documents, { seq, match, actions, comment }, as rules.
import {
  type AclRule,
  compileStored,
  type EntryNote,
  entryComment,
  inSlices,
  oneOf,
  type Steps,
  type StoredEntries,
  type StoredRules,
  type Surroundings,
  type Work,
  z,
} from '../../core/plugin.ts'

const string = z.string({
  error: ({ input }) => (Array.isArray(input) ? `must be text; ${oneOf(input)}` : 'must be text'),
})

/** null is absent, as docker_auth's decoder has it. */
const text = string.nullish().transform((held) => held ?? undefined)

const entry = z.object({
  seq: z.number('must be a number: the place of the rule in the order'),
  match: z.object(
    {
      account: text,
      type: text,
      name: text,
      service: text,
      ip: text,
      labels: z
        .record(z.string(), string, 'must be a map of texts')
        .nullish()
        .transform((held) => held ?? undefined),
    },
    'must be a map; {} matches everything',
  ),
  actions: z.array(z.string('must be text'), 'must be a list; [] grants nothing'),
  comment: text,
})

const CONDITIONS = new Set(Object.keys(entry.shape.match.shape))

/**
 * Makes rules of documents, in the order of their `seq`.
 *
 * @param around decides which rules are warned of
 * @param work where thousands of rules give way to requests
 * @throws Error that names every document which can't be used
 */
export async function buildRules(
  documents: readonly Document[],
  around: Surroundings,
  work: Work,
): Promise<StoredRules> {
  const entries = await inSlices(readEntries(documents), work)
  return await compileStored(entries, { substitution: 'pattern', around }, work)
}

type Document = Readonly<Record<string, unknown>>

function* readEntries(documents: readonly Document[]): Steps<StoredEntries> {
  const found: Entry[] = []
  const faults: EntryNote[] = []
  const warnings: EntryNote[] = []
  for (const document of documents) {
    yield STEPS_A_DOCUMENT
    const place = placeOf(document)
    const { data, error } = entry.safeParse(document)
    if (!data) {
      const [issue] = error.issues
      faults.push({ place, message: `${issue!.path.join('.')} ${issue!.message}` })
      continue
    }
    const { labels } = document.match as { labels?: object | null }
    // An object drops a key of this name silently, and with it the condition.
    if (labels && Object.hasOwn(labels, '__proto__'))
      faults.push({ place, message: 'match.labels may not name __proto__' })
    for (const key of Object.keys(document.match as object)) {
      if (CONDITIONS.has(key)) continue
      const message = `match.${key} is unknown and ignored, so that the rule matches more than it says`
      warnings.push({ place, message })
    }
    found.push(data)
  }
  found.sort((a, b) => a.seq - b.seq)
  for (const [index, { seq }] of found.entries()) {
    if (seq === found[index + 1]?.seq)
      faults.push({
        place: `seq ${seq}`,
        message: 'stands beside another one, so that their order is open; number them anew',
      })
  }
  return {
    entries: found.map((data) => ({ place: `seq ${data.seq}`, rule: toRule(data) })),
    faults,
    warnings,
  }
}

const STEPS_A_DOCUMENT = 20

type Entry = z.output<typeof entry>

function placeOf({ seq, _id }: Document): string {
  return typeof seq === 'number' ? `seq ${seq}` : `_id ${String(_id)}`
}

function toRule({ seq, match, actions, comment }: Entry): AclRule {
  const { labels, ...texts } = match
  const conditions = Object.fromEntries(Object.entries(texts).filter(([, pattern]) => pattern !== undefined))
  return {
    match: { ...conditions, ...(labels && { labels }) },
    actions,
    comment: entryComment(`seq ${seq}`, comment)!,
  }
}
