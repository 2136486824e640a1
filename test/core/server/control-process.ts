// A process that has the control socket of a folder until it is killed.
import { openControl } from '../../../core/server/control.ts'

const silent = () => {}
await openControl(process.argv[2]!, {}, { debug: silent, info: silent, warn: silent, error: silent })
setInterval(silent, 60_000)
process.send!('open')
