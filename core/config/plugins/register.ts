// Loaded before anything else in a process that runs tests of plugins: `dockwarden/plugin` and `dockwarden/testing` mean this Dockwarden.
import { registerContract } from './modules.ts'

registerContract()
