// One client for several instances: whoever has servers of its own provides it, whoever has none asks on its connections.
import { createToken } from '../../core/plugin.ts'
import type { Mongo } from './connection.ts'

/** A deployment to ask, on connections that belong to another instance. */
export type SharedMongo = Pick<Mongo, 'use' | 'timeout'>

/** An instance provides it in `create`. */
export const DEPLOYMENT = createToken<SharedMongo>('mongo/deployment')
