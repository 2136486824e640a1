// The look for tokens in a line of the log that has none.
import { maskTokens } from '../../core/kit/masking.ts'
import type { Step } from './step.ts'

const LINE = `${JSON.stringify({
  level: 'info',
  time: '2026-01-01T00:00:00.000Z',
  audit: 'token',
  request: '00000000-0000-4000-8000-000000000000',
  account: 'bench',
  ip: '127.0.0.1',
  service: 'bench',
  scopes: ['repository:bench/app:pull,push'],
  access: ['repository:bench/app:pull,push'],
  authenticator: 'static',
  asked: ['static: accept'],
  grant: 'password',
  jti: '00000000-0000-4000-8000-000000000001',
  rules: ['acl: rule 19'],
  status: 200,
  ms: 1.2,
  msg: 'token issued',
})}\n`

export const masking: Step = { name: 'masking', prepare: () => () => maskTokens(LINE) }
