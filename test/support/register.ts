// Loaded before the tests: `dockwarden/plugin` and `dockwarden/testing` mean this checkout's sources.
import { registerContract } from '../../core/config/plugins/modules.ts'
import { configureProperties } from './properties.ts'

registerContract()
configureProperties()

// Tests that talk to themselves under made-up names must not ask this machine's proxy.
for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
  delete process.env[name]
  delete process.env[name.toLowerCase()]
}
