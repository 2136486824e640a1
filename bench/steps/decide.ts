// From a request to a decision: guard, a static user, twenty rules.
import { decide } from '../../core/request/pipeline.ts'
import type { Step } from './step.ts'

export const decideTwentyRules: Step = {
  name: 'decide, 20 rules',
  prepare:
    ({ requestContext }) =>
    () =>
      decide(requestContext()),
}
