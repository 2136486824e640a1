// A labeler in one file: tells working hours from the rest of the week, so that an ACL can.
import { definePlugin, z } from 'dockwarden/plugin'

const hour = () => z.int().min(0).max(24)

const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'is no time zone; write one such as Europe/Berlin or UTC' })
  .default('UTC')

export default definePlugin({
  kind: 'labeler',
  name: 'working-hours',
  options: z.strictObject({
    from: hour().default(8).describe('The first working hour, Monday to Friday.'),
    to: hour().default(18).describe('The hour at which work ends.'),
    time_zone: timeZone.describe('Where people work, such as Europe/Berlin.'),
  }),
  create({ from, to, time_zone }, host) {
    const format = new Intl.DateTimeFormat('en', {
      timeZone: time_zone,
      weekday: 'short',
      hour: 'numeric',
      hourCycle: 'h23',
    })
    return {
      // It needs nobody: dockwarden policy asks it, too.
      answersFrom: 'files',
      async label() {
        const parts = format.formatToParts(host.clock.now())
        const part = (type: string) => parts.find((found) => found.type === type)?.value ?? ''
        const weekend = ['Sat', 'Sun'].includes(part('weekday'))
        const now = Number(part('hour'))
        return { hours: [!weekend && now >= from && now < to ? 'working' : 'off'] }
      },
    }
  },
})

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}
