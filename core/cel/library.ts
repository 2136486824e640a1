// The CEL library, once there is an expression.
import type * as Cel from '@marcbachmann/cel-js'
import { lazyPackage } from '../contract/lazy-package.ts'

/** The package. */
export const cel = lazyPackage<typeof Cel>('@marcbachmann/cel-js')
