// Given to Node's test runner by `dockwarden plugin test`: each test as a line of JSON.
import type { TestEvent } from 'node:test/reporters'

/** A line: a test that has ended, or what it wrote. */
export type ReportedLine =
  | {
      readonly groups: readonly string[]
      readonly name: string
      readonly ok: boolean
      readonly skipped: boolean
      readonly error?: string
    }
  | { readonly wrote: string }

export default async function* reportLines(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  // The groups that are open, by their depth.
  const open: string[] = []
  for await (const event of source) {
    const line = lineOf(event, open)
    if (line) yield `${JSON.stringify(line)}\n`
  }
}

function lineOf(event: TestEvent, open: string[]): ReportedLine | undefined {
  switch (event.type) {
    case 'test:start':
      open.length = event.data.nesting
      open.push(event.data.name)
      return undefined
    case 'test:pass':
    case 'test:fail': {
      const { name, nesting, details, skip, todo } = event.data
      const ok = event.type === 'test:pass'
      const error = 'error' in details ? details.error : undefined
      // A group has failed because something in it has.
      if (details.type === 'suite' && (ok || isOfChildren(error))) return undefined
      const skipped = (skip !== undefined && skip !== false) || (todo !== undefined && todo !== false)
      return {
        groups: open.slice(0, nesting),
        name,
        ok: ok || skipped,
        skipped,
        ...(error && { error: textOf(error) }),
      }
    }
    case 'test:stdout':
    case 'test:stderr':
      return { wrote: event.data.message }
    default:
      return undefined
  }
}

function isOfChildren(error: Error | undefined): boolean {
  return (error as { failureType?: unknown } | undefined)?.failureType === 'subtestsFailed'
}

function textOf(error: Error): string {
  const { cause } = error
  if (cause instanceof Error) return `${cause.message}${placeIn(cause)}`
  return typeof cause === 'string' ? cause : error.message
}

/** Where in the author's own files. */
function placeIn({ stack = '' }: Error): string {
  const frame = stack
    .split('\n')
    .find((line) => /^\s+at .*(file:\/\/|\/).*:\d+:\d+/.test(line) && !/node:|\/core\/testing\//.test(line))
  return frame === undefined ? '' : `\n${frame.trim()}`
}
