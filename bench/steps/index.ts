// The steps, in the order of a request. A new one is a file in this folder and a line here.
import { answer } from './answer.ts'
import { auditLine } from './audit.ts'
import { claims } from './claims.ts'
import { credentials } from './credentials.ts'
import { decideTwentyRules } from './decide.ts'
import { bareKoa, emptyEndpoint } from './empty.ts'
import { guard } from './guard.ts'
import { masking } from './masking.ts'
import { parseRequest } from './parse.ts'
import type { Step } from './step.ts'
import { wholeUnsigned } from './whole.ts'

export const STEPS: readonly Step[] = [
  bareKoa,
  emptyEndpoint,
  parseRequest,
  credentials,
  guard,
  decideTwentyRules,
  claims,
  answer,
  auditLine,
  masking,
  wholeUnsigned,
]
