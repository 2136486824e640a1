// A labeler on the staff of another instance, or on a file of its own.
import { definePlugin, type Labeler, NO_LABELS, z } from 'dockwarden/plugin'
import { readStaff } from './staff-file.ts'
import { PERSON, STAFF } from './tokens.ts'

export default definePlugin({
  api: 1,
  kind: 'labeler',
  name: 'teams',
  // With a file it needs nobody; without one, the server says at load who could help.
  needs: { staff: { token: STAFF, unless: 'file' } },
  options: z.strictObject({
    file: z.string().optional().describe('A YAML file with the staff. Default: that of another instance.'),
  }),
  create({ file }, host): Labeler {
    const { find } = file === undefined ? host.resolve(STAFF) : readStaff(file, host)
    return {
      // It needs nobody but its file: dockwarden policy asks it, too.
      answersFrom: 'files',
      async label({ account }, request) {
        // What the authenticator has found need not be looked up again.
        const found = request.resolve(PERSON)
        const person = found?.name === account ? found : find(account)
        return person ? { team: [person.team] } : NO_LABELS
      },
    }
  },
})
