// What docker_auth's ext_authz protocol puts on a program's standard input: the bytes that Go's encoding/json writes.
import type { RequestScope, ResourceRequest } from '../../core/plugin.ts'

/** Go escapes these in JSON texts. A script that compares text, not JSON, sees the difference. */
const ESCAPED = /[<>&\u2028\u2029]/g

/**
 * One resource as a JSON object with the fields Account, Type, Name, Service, IP, Actions and Labels, in this order.
 * Actions and the names of labels are sorted; an unknown IP is "", no labels are null.
 */
export function extAuthzInput({ type, name, actions }: ResourceRequest, request: RequestScope): string {
  const names = Object.keys(request.labels).sort()
  // Entries, not assignments: a label may be called __proto__.
  const labels = Object.fromEntries(names.map((label) => [label, request.labels[label]]))
  const question = {
    Account: request.account,
    Type: type,
    Name: name,
    Service: request.service,
    IP: request.client.ip ?? '',
    Actions: [...actions].sort(),
    Labels: names.length > 0 ? labels : null,
  }
  return JSON.stringify(question).replace(ESCAPED, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
