// Loaded before the tests: `dockwarden/plugin` and `dockwarden/testing` mean this checkout's sources.
import { registerContract } from '../../core/config/plugins/modules.ts'
import { configureProperties } from './properties.ts'

registerContract()
configureProperties()
