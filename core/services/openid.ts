// openid-client, once somebody signs in with it.
import type * as OpenId from 'openid-client'
import { lazyPackage } from '../contract/lazy-package.ts'

/** The package. */
export const openid = lazyPackage<typeof OpenId>('openid-client')
