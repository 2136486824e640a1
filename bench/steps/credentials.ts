// The Authorization header to credentials.
import { readCredentials } from '../../core/request/credentials.ts'
import { BASIC } from '../files.ts'
import type { Step } from './step.ts'

export const credentials: Step = {
  name: 'credentials',
  prepare: () => () => readCredentials(BASIC.authorization, undefined, 'bench'),
}
