// The package's programming interface: read a configuration, start a server.
export { type Config, readConfig } from './boot/config.ts'
export { createLog, type LogLevel } from './boot/log.ts'
export { ConfigError, formatProblem, type Problem } from './boot/problems.ts'
export { type RunningServer, startServer } from './boot/server.ts'
