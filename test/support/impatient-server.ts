// `dockwarden serve FILE` in a process of its own, with clients held to the times in the argument PATIENCE (JSON).
import { argv, exit, stderr, stdout } from 'node:process'
import { serve } from '../../core/cli/serve.ts'

const [, , file = '', patience = '{}'] = argv
exit(await serve(file, 'info', { stdout, stderr }, { patience: JSON.parse(patience) }))
