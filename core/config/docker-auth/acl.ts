// docker_auth's `acl` section becomes the options of the acl plugin.

import { oneOf } from '../../plugin.ts'
import type { YamlFile } from '../../yaml/yaml-file.ts'
import { Draft, draftList } from './draft.ts'
import type { Given, Section } from './section.ts'

const PATTERNS = ['account', 'type', 'name', 'service'] as const
const CONDITIONS = [...PATTERNS, 'ip', 'labels']

/** A label or a capture: what it stands for is not the operator's own text. */
const FOREIGN = /\$\{(labels:[^}]*|[^}:]+:\d+)\}/

/** @returns the acl plugin's options */
export function translateAcl({ value: sections, entry }: Given<readonly Section[]>, yaml: YamlFile): Draft {
  const rules = sections.map((rule) => ({ value: translateRule(rule).value, entry: rule.at }))
  return new Draft(yaml, entry.key)
    .put('rules', draftList(yaml, entry.value, rules), entry)
    .put('substitution', 'pattern', entry)
}

function translateRule(rule: Section): Draft {
  const native = new Draft(rule.yaml, rule.at.key)
  rule.warnUnknown(['match', 'actions', 'comment'])
  const match = rule.section('match')
  if (match) native.put('match', translateMatch(match).value, match.at)
  else
    rule.refuse(
      'match',
      'is missing, which docker_auth does not survive; write match: {} to match everything',
    )

  const actions = rule.texts('actions')
  if (!actions && !rule.refused('actions')) {
    rule.warn(
      'actions',
      'is missing, so that the rule grants nothing (docker_auth breaks off the request); write actions: []',
    )
  }
  const { value, entry } = actions ?? { value: [], entry: rule.entry('actions') }
  return native
    .put('actions', draftList(rule.yaml, entry.value, value), entry)
    .take('comment', rule.text('comment'))
}

const NO_PATTERN = (held: unknown) => `must be one pattern, as text; ${oneOf(held)}`
const NO_NETWORK = (held: unknown) =>
  Array.isArray(held)
    ? 'must be one address or network; write a rule for each'
    : 'must be an address or a network, as text; write 10.0.0.0/8'

function translateMatch(match: Section): Draft {
  const native = new Draft(match.yaml, match.at.key)
  match.warnUnknown(CONDITIONS, ', so that the rule matches more than it says')
  for (const key of match.keys) {
    if (CONDITIONS.includes(key) && match.isEmpty(key))
      match.warn(
        key,
        'has no value, so that the rule does not ask for it, as in docker_auth; write one, or remove it',
      )
  }
  for (const key of PATTERNS) native.take(key, match.text(key, NO_PATTERN))
  native.take('ip', match.text('ip', NO_NETWORK))
  const labels = match.section('labels')
  if (labels) native.put('labels', translateLabels(labels).value, labels.at)
  warnOfForeignPatterns(match)
  return native
}

function translateLabels(labels: Section): Draft {
  const native = new Draft(labels.yaml, labels.at.key)
  for (const name of labels.keys) {
    // Here null is a value: the empty pattern.
    if (labels.has(name)) native.take(name, labels.text(name, NO_PATTERN))
    else native.put(name, '', labels.entry(name))
  }
  return native
}

/** docker_auth reads what a label or a capture stands for as a part of the pattern. Told once for each rule. */
function warnOfForeignPatterns(match: Section): void {
  for (const key of PATTERNS) {
    const [placeholder] = FOREIGN.exec(match.text(key)?.value ?? '') ?? []
    if (!placeholder) continue
    match.warn(
      key,
      `what ${placeholder} stands for is read as a pattern, as in docker_auth, so that a value * matches anything; in the native form, substitution: literal takes it as text`,
    )
    return
  }
}
