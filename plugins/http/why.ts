// What is sent to a service and what it answers, in words. What the configuration itself adds to a request may be secret: of that
// only the address is told.
import { type HttpAnswer, type JsonValue, shownJson, type UrlTemplate, type Why } from '../../core/plugin.ts'

/** Where the values of a request stand. */
interface Sent {
  readonly url: UrlTemplate
  readonly method: string
  /** The placeholders that are filled in. */
  readonly variables: Iterable<string>
}

/**
 * Says what is asked.
 *
 * @param values without passwords: a placeholder that has none is masked
 */
export function sayAsked(
  why: Why | undefined,
  { url, method, variables }: Sent,
  values: Readonly<Record<string, JsonValue>>,
): void {
  if (!why) return
  const names = [...new Set(variables)]
  const told = names.map((name) => `${name} ${Object.hasOwn(values, name) ? shownJson(values[name]) : '***'}`)
  const texts = Object.fromEntries(
    names.map((name) => [name, typeof values[name] === 'string' ? values[name] : '***']),
  )
  const place = url.shown(texts)
  why.say(`asks ${method} ${place}${told.length > 0 ? ` with ${told.join(', ')}` : ''}`)
}

/** Says what came back. */
export function sayAnswered(why: Why | undefined, { status, values: { body } }: HttpAnswer): void {
  const held = body === undefined ? 'what is no JSON' : body === null ? 'an empty body' : shownJson(body)
  why?.say(`it answers ${status} with ${held}`)
}
