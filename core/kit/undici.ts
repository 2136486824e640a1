// undici, once somebody is asked over HTTP.
import type * as Undici from 'undici'
import { lazyPackage } from '../contract/lazy-package.ts'

/** The package. */
export const undici = lazyPackage<typeof Undici>('undici')
