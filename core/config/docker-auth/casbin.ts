// docker_auth's `casbin_authz` section becomes the options of the casbin plugin.
import { Draft } from './draft.ts'
import type { Section } from './section.ts'

/** docker_auth's keys and ours. */
const FILES = [
  ['model_path', 'model'],
  ['policy_path', 'policy'],
] as const

/** @returns undefined when a file is missing, which has been reported */
export function translateCasbin(section: Section): Draft | undefined {
  section.warnUnknown(FILES.map(([theirs]) => theirs))
  const native = new Draft(section.yaml, section.at.key)
  for (const [theirs, ours] of FILES) {
    const path = section.text(theirs)
    if (!path || path.value === '') {
      section.refuse(theirs, 'is missing; write the path of the file')
      continue
    }
    native.take(ours, path)
  }
  return FILES.some(([theirs]) => section.refused(theirs)) ? undefined : native
}
