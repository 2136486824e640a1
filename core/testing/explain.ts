// The conformance kit's check of `explain`, for every kind of plugin that has one.
import assert from 'node:assert/strict'
import type { Explained } from '../plugin.ts'
import { isJson } from './shapes.ts'
import type { Subject } from './subject.ts'

/**
 * Fails unless an explanation has the answer that the main method gave, and says why without showing a password.
 *
 * @param given what explain returned
 * @param same fails when two answers differ
 */
export function assertExplains<T>(
  subject: Subject,
  given: Explained<T>,
  answer: T,
  same: (explained: T, answer: T) => void = assert.deepEqual,
): void {
  assert.ok(typeof given === 'object' && given !== null, 'explain must return { outcome, why }')
  const { outcome, why, facts } = given
  same(outcome, answer)
  assert.ok(
    Array.isArray(why) && why.every((sentence) => typeof sentence === 'string' && sentence !== ''),
    'the why of an explanation must be a list of sentences',
  )
  assert.ok(why.length > 0, 'an explanation needs a sentence that says why')
  assert.ok(facts === undefined || isJson(facts), 'the facts of an explanation must be a JSON value')
  subject.assertNoPassword(given, 'the explanation')
}

export const PROVIDES_ALIKE = 'explain must provide what the main method provides'
