// The body of an answer that must be JSON of a certain shape.
import type { z } from 'zod'
import type { HttpResponse } from '../contract/http.ts'
import { messageOf } from './thrown.ts'

/**
 * Reads an answer.
 *
 * @param url what was asked, for the messages: only its origin is shown
 * @returns what the schema gives
 * @throws Error that names the host: another status than 2xx, no JSON, or what does not fit; never a value
 * @example readJson(response, url, z.object({ groups: z.array(z.string()) })).groups
 */
export function readJson<S extends z.ZodType>(
  { status, body }: HttpResponse,
  url: string,
  schema: S,
): z.output<S> {
  const { origin } = new URL(url)
  if (status < 200 || status > 299) throw new Error(`${origin}: answered ${status}`)
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Error(`${origin}: answered ${status} with a body that is not JSON`)
  }
  const { data, error } = schema.safeParse(value)
  if (error) throw new Error(`${origin}: its answer is not what is expected: ${messageOf(error)}`)
  return data as z.output<S>
}
