// docker_auth's ACL documents, { seq, match, actions, comment }, as rules.
import {
  type AclProblem,
  type AclRule,
  compileRulesInSlices,
  inSlices,
  oneOf,
  type RuleSet,
  type Steps,
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

/** Rules made from documents, and what is odd about them. */
export interface Built {
  readonly rules: RuleSet
  readonly warnings: readonly string[]
}

/**
 * Makes rules of documents, in the order of their `seq`. All of them or none: a rule left out could be the one that denies.
 *
 * @param work where thousands of rules give way to requests
 * @throws Error that names the first document that can't be used
 */
export async function buildRules(documents: readonly Document[], work: Work): Promise<Built> {
  const warnings: string[] = []
  const entries = await inSlices(readEntries(documents, warnings), work)
  entries.sort((a, b) => a.seq - b.seq)
  const twice = entries.find(({ seq }, index) => seq === entries[index + 1]?.seq)
  if (twice)
    throw new Error(`seq ${twice.seq} stands in two entries, so that their order is open; number them anew`)
  const rules = await compile(entries.map(toRule), entries, work)
  for (const problem of rules.warnings) warnings.push(inEntry(problem, entries))
  return { rules, warnings }
}

type Document = Readonly<Record<string, unknown>>

function* readEntries(documents: readonly Document[], warnings: string[]): Steps<Entry[]> {
  const entries: Entry[] = []
  for (const document of documents) {
    yield STEPS_A_DOCUMENT
    const place = placeOf(document)
    const { data, error } = entry.safeParse(document)
    if (!data) {
      const [issue] = error.issues
      throw new Error(`${place}: ${issue!.path.join('.')} ${issue!.message}`)
    }
    const { labels } = document.match as { labels?: object | null }
    // An object drops a key of this name silently, and with it the condition.
    if (labels && Object.hasOwn(labels, '__proto__'))
      throw new Error(`${place}: match.labels may not name __proto__`)
    for (const key of Object.keys(document.match as object)) {
      if (!CONDITIONS.has(key)) {
        warnings.push(
          `${place}: match.${key} is unknown and ignored, so that the rule matches more than it says`,
        )
      }
    }
    entries.push(data)
  }
  return entries
}

const STEPS_A_DOCUMENT = 20

type Entry = z.output<typeof entry>

function placeOf(document: Readonly<Record<string, unknown>>): string {
  const { seq, _id } = document
  return typeof seq === 'number' ? `the entry with seq ${seq}` : `the entry with _id ${String(_id)}`
}

/** The audit log then names the document: `rule 3 (seq 20: Admins may do everything)`. */
function toRule({ seq, match, actions, comment }: Entry): AclRule {
  const { labels, ...texts } = match
  const conditions = Object.fromEntries(Object.entries(texts).filter(([, pattern]) => pattern !== undefined))
  const named = comment ? `seq ${seq}: ${comment}` : `seq ${seq}`
  return {
    match: { ...conditions, ...(labels && { labels }) },
    actions,
    comment: named.length <= LONGEST_COMMENT ? named : `seq ${seq}`,
  }
}

/** A longer comment would not stand in a rule's name. */
const LONGEST_COMMENT = 80

async function compile(rules: readonly AclRule[], entries: readonly Entry[], work: Work): Promise<RuleSet> {
  try {
    return await compileRulesInSlices(rules, { substitution: 'pattern' }, work)
  } catch (error) {
    const bad = /^rules\.(\d+)\.([^:]*): (.*)/.exec((error as Error).message)
    if (!bad) throw error
    throw new Error(`the entry with seq ${entries[Number(bad[1])]!.seq}: ${bad[2]} ${bad[3]}`)
  }
}

function inEntry({ path, message }: AclProblem, entries: readonly Entry[]): string {
  const [index, ...place] = path
  return `the entry with seq ${entries[Number(index)]!.seq}: ${place.join('.')}: ${message}`
}
