// Node's HTTP servers. An import statement takes all that a module of Node exports at once: of node:http also WebSocket, and with it
// a second HTTP client, some 10 MB that nobody here uses.
export const { createServer: createHttpServer, STATUS_CODES } = process.getBuiltinModule('node:http')

/** Loaded with the first address that has TLS. */
export const nodeHttps = () => process.getBuiltinModule('node:https')
