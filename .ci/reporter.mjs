// mocha's spec report, and the count as one plain line in a file of its own: `N passed, N failed`.
import { writeFileSync } from 'node:fs'
import mocha from 'mocha'

export default class PlainCount extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options)
    runner.once(mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats
      writeFileSync(options.reporterOptions.output, `${passes} passed, ${failures} failed\n`)
    })
  }
}
