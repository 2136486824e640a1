// docker_auth's `ext_auth` and `ext_authz` sections become the options of the exec plugins.
import { Draft, draftList } from './draft.ts'
import type { Section } from './section.ts'

/** @returns the exec plugin's options: docker_auth asks the program also when a client gave no credentials */
export function translateExtAuth(section: Section): Draft | undefined {
  return translateCommand(section)?.put('protocol', 'ext_auth', section.at).put('anonymous', true, section.at)
}

/** @returns the exec authorizer's options */
export function translateExtAuthz(section: Section): Draft | undefined {
  return translateCommand(section)
}

/** docker_auth starts as many processes as there are requests; its users' scripts are used to that. */
const MAX_PROCESSES = 128

/** @returns undefined when there is nothing to run, which has been reported */
function translateCommand(section: Section): Draft | undefined {
  section.warnUnknown(['command', 'args', 'max_processes'])
  const command = section.text('command')
  const args = section.texts('args')
  if (!command || command.value === '') {
    section.refuse('command', 'is missing; write the path of a program, or a name to look up in PATH')
    return undefined
  }
  const native = new Draft(section.yaml, section.at.key)
    .take('command', command)
    .put(
      'max_processes',
      section.integer('max_processes')?.value ?? MAX_PROCESSES,
      section.entry('max_processes'),
    )
  return args ? native.put('args', draftList(section.yaml, args.entry.value, args.value), args.entry) : native
}
