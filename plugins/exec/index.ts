// The authenticator that asks an external program: docker_auth's ext_auth, the same with JSON, and a long-lived program.
import {
  type Authenticator,
  type AuthnOutcome,
  type Credentials,
  definePlugin,
  explained,
  maskSecret,
  pass,
  programOptions,
  type RequestScope,
  shownJson,
  type Why,
  z,
} from '../../core/plugin.ts'
import { extAuthInput, extAuthOutcome, unfit } from './ext-auth.ts'
import { jsonAnswer, jsonLine, jsonOutcome, jsonQuestion, type Question } from './json.ts'
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
    /** Makes both methods of the one that asks. */
    const asked = (ask: Ask): Pick<Authenticator, 'authenticate' | 'explain'> => {
      const authenticate: Ask = async (credentials, request, why) => {
        if (credentials.kind !== 'anonymous' || anonymous) return await ask(credentials, request, why)
        why?.say('it is not asked about clients without credentials (anonymous: false)')
        return pass
      }
      return {
        authenticate: (credentials, request) => authenticate(credentials, request),
        explain: (credentials, request) => explained((why) => authenticate(credentials, request, why)),
      }
    }

    if (persistent) {
      const longLived = createPersistent({ name, path, args, questions: max_processes }, host)
      return {
        ...asked(async (credentials, request, why) => {
          const question = jsonQuestion(credentials, request)
          sayQuestion(why, `${name}, which runs already, gets`, question)
          const answer = await longLived.ask(question, request.signal)
          sayAnswer(why, answer, credentials)
          return jsonOutcome(name, answer, credentials, request.log)
        }),
        ready: () => longLived.start(),
        close: () => longLived.close(),
      }
    }
    if (protocol === 'json') {
      return asked(async (credentials, request, why) => {
        const question = jsonQuestion(credentials, request)
        sayQuestion(why, `${name} is run with`, question)
        const result = await runProgram(program, jsonLine(question), request.signal, credentials.password)
        const answer = jsonAnswer(name, result, credentials)
        sayAnswer(why, answer, credentials)
        return jsonOutcome(name, answer, credentials, request.log)
      })
    }
    return {
      answersFrom: 'password',
      ...asked(async (credentials, request, why) => {
        const refusal = unfit(credentials)
        if (refusal) {
          why?.say(`${name} is not run`)
          return refusal
        }
        const { account, password } = credentials
        why?.say(`${name} is run with "${account} ***" on its standard input`)
        const result = await runProgram(program, extAuthInput(credentials), request.signal, password)
        why?.say(`it exits with ${result.exitCode} (0 accepts, 1 rejects, 2 passes)`)
        return extAuthOutcome(name, result, credentials, request.log)
      }),
    }
  },
})

type Ask = (credentials: Credentials, request: RequestScope, why?: Why) => Promise<AuthnOutcome>

function sayQuestion(why: Why | undefined, how: string, question: Question): void {
  why?.say(`${how} ${shownJson({ ...question, password: '***' })} on its standard input`)
}

function sayAnswer(why: Why | undefined, answer: object, { password }: Credentials): void {
  why?.say(`it answers ${maskSecret(shownJson(answer), password)}`)
}
