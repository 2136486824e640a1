// Dates and times in a named time zone for CEL: `time.now.getHours("Europe/Berlin")`.
//
// The library takes the zone's wall clock for one of the machine's own zone, which goes wrong in the hour that the machine
// skips in spring, and learns of a misspelt zone only when the expression is evaluated. Here a zone that stands in the
// expression is checked at load.
import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Checker, Evaluator } from './macro.ts'

/** CEL's accessors; each is given the zone's wall clock as if it were UTC. */
const ACCESSORS: Readonly<Record<string, (wall: Date) => number>> = {
  getDate: (wall) => wall.getUTCDate(),
  getDayOfMonth: (wall) => wall.getUTCDate() - 1,
  getDayOfWeek: (wall) => wall.getUTCDay(),
  getDayOfYear: (wall) => (startOfDay(wall) - Date.UTC(wall.getUTCFullYear(), 0, 1)) / DAY,
  getFullYear: (wall) => wall.getUTCFullYear(),
  getHours: (wall) => wall.getUTCHours(),
  getMilliseconds: (wall) => wall.getUTCMilliseconds(),
  getMinutes: (wall) => wall.getUTCMinutes(),
  getMonth: (wall) => wall.getUTCMonth(),
  getSeconds: (wall) => wall.getUTCSeconds(),
}

const DAY = 86_400_000

function startOfDay(wall: Date): number {
  return Math.floor(wall.getTime() / DAY) * DAY
}

/**
 * Replaces the library's accessors that take a zone. A macro comes before a function of the same name and number of
 * arguments, whatever its receiver's type.
 *
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md#timezones
 */
export function registerTimeZones(environment: Environment): void {
  for (const [name, read] of Object.entries(ACCESSORS)) {
    environment.registerFunction(`list.${name}(ast): int`, accessorMacro(name, read))
  }
}

function accessorMacro(name: string, read: (wall: Date) => number) {
  return ({ receiver, args }: { receiver: ASTNode; args: [ASTNode] }) => {
    const [zone] = args
    let clock: { zone: string; format: Intl.DateTimeFormat } | undefined
    const formatOf = (text: string, from: Checker | Evaluator) => {
      if (clock?.zone !== text) clock = { zone: text, format: wallClock(text, zone, from) }
      return clock.format
    }
    const wrongTypes = (from: Checker | Evaluator) =>
      from.createError(
        'no_matching_overload',
        `${name}() works on a timestamp with the name of a time zone`,
        receiver,
      )
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, context: unknown) {
        const of = checker.check(receiver, context)
        const given = checker.check(zone, context)
        if (of.kind !== 'dyn' && of.type !== 'google.protobuf.Timestamp') throw wrongTypes(checker)
        if (given.kind !== 'dyn' && given.type !== 'string') throw wrongTypes(checker)
        if (zone.op === 'value') formatOf(String(zone.args), checker)
        return checker.getType('int')
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
        const time = evaluator.run(receiver, context)
        const text = evaluator.run(zone, context)
        if (!(time instanceof Date) || typeof text !== 'string') throw wrongTypes(evaluator)
        return BigInt(read(wallTime(time, formatOf(text, evaluator))))
      },
    }
  }
}

function wallClock(zone: string, node: ASTNode, from: Checker | Evaluator): Intl.DateTimeFormat {
  const part = 'numeric' as const
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    })
  } catch {
    throw from.createError('invalid_time_zone', 'no known time zone; write one such as "Europe/Berlin"', node)
  }
}

function wallTime(time: Date, format: Intl.DateTimeFormat): Date {
  const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type)!
  return new Date(
    Date.UTC(
      of('year'),
      of('month') - 1,
      of('day'),
      of('hour'),
      of('minute'),
      of('second'),
      time.getUTCMilliseconds(),
    ),
  )
}
