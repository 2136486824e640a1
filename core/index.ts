// The package's programming interface: read a configuration, start a server.
export { type Config, readConfig } from './config/config.ts'
export { createLog, type LogLevel } from './server/log.ts'
export { type RunningServer, startServer } from './server/server.ts'
export { ConfigError, formatProblem, type Problem } from './yaml/problems.ts'
