// A labeler that answers nobody until `count` requests have arrived, and then gives each the label `team` with its account's name.
import { definePlugin, z } from 'dockwarden/plugin'

export default definePlugin({
  kind: 'labeler',
  name: 'barrier',
  options: z.strictObject({ count: z.int() }),
  create({ count }) {
    const waiting: (() => void)[] = []
    return {
      async label({ account }) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          if (waiting.length === count) for (const open of waiting) open()
        })
        return { team: [`team-of-${account}`] }
      },
    }
  },
})
