// The authenticator that asks an external program: docker_auth's ext_auth, the same with JSON, and a long-lived program.
import {
  type Authenticator,
  type Credentials,
  definePlugin,
  pass,
  programOptions,
  type RequestScope,
  z,
} from '../../core/plugin.ts'
import { extAuthInput, extAuthOutcome, unfit } from './ext-auth.ts'
import { jsonAnswer, jsonLine, jsonOutcome, jsonQuestion } from './json.ts'
import { createPersistent } from './persistent.ts'
import { runProgram } from './said.ts'

const options = z
  .strictObject({
    ...programOptions,
    protocol: z
      .enum(['ext_auth', 'json'])
      .default('ext_auth')
      .describe('How it is asked: ext_auth (docker_auth: "USER PASSWORD", answer by exit code) or json.'),
    persistent: z
      .boolean()
      .default(false)
      .describe('One long-lived process that answers a JSON line for each JSON line. Needs protocol: json.'),
    anonymous: z
      .boolean()
      .default(false)
      .describe('Also ask when a client gave no credentials (docker_auth does); the account is empty then.'),
  })
  .refine((given) => !given.persistent || given.protocol === 'json', {
    path: ['persistent'],
    message: 'needs protocol: json; add it, or remove persistent',
  })

export default definePlugin({
  kind: 'authenticator',
  name: 'exec',
  options,
  anonymous: true,
  create({ command: name, args, protocol, persistent, max_processes, anonymous }, host): Authenticator {
    const path = name.includes('/') ? host.files.resolve(name) : name
    // Opened in every mode, so that a missing program is found at the start.
    const program = host.programs.open({ command: path, args, maxProcesses: max_processes })
    const unlessUnasked =
      (ask: Authenticator['authenticate']) => async (credentials: Credentials, request: RequestScope) =>
        credentials.kind === 'anonymous' && !anonymous ? pass : ask(credentials, request)

    if (persistent) {
      const longLived = createPersistent({ name, path, args, questions: max_processes }, host)
      return {
        authenticate: unlessUnasked(async (credentials, request) => {
          const answer = await longLived.ask(jsonQuestion(credentials, request), request.signal)
          return jsonOutcome(name, answer, credentials, request.log)
        }),
        ready: () => longLived.start(),
        close: () => longLived.close(),
      }
    }
    if (protocol === 'json') {
      return {
        authenticate: unlessUnasked(async (credentials, request) => {
          const question = jsonLine(jsonQuestion(credentials, request))
          const result = await runProgram(program, question, request.signal, credentials.password)
          return jsonOutcome(name, jsonAnswer(name, result, credentials), credentials, request.log)
        }),
      }
    }
    return {
      answersFrom: 'password',
      authenticate: unlessUnasked(async (credentials, request) => {
        const refusal = unfit(credentials)
        if (refusal) return refusal
        const { password } = credentials
        const result = await runProgram(program, extAuthInput(credentials), request.signal, password)
        return extAuthOutcome(name, result, credentials, request.log)
      }),
    }
  },
})
