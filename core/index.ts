// The package's programming interface: read a configuration, start a server.
export { type Config, readConfig } from './config/config.ts'
export { type Server, type StartOptions, startServer } from './server/face.ts'
export type { LogLevel } from './server/log.ts'
export { ConfigError, formatProblem, type Problem } from './yaml/problems.ts'
