// The authorizer that asks an external program, as docker_auth's ext_authz does.
import {
  type Authorizer,
  type AuthzOutcome,
  definePlugin,
  deny,
  explained,
  grant,
  programOptions,
  type RequestScope,
  type ResourceRequest,
  type Why,
  z,
} from '../../core/plugin.ts'
import { extAuthzInput } from './ext-authz.ts'
import { quoted, runProgram } from './said.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'exec',
  options: z.strictObject({
    ...programOptions,
  }),
  create({ command: name, args, max_processes }, host): Authorizer {
    const path = name.includes('/') ? host.files.resolve(name) : name
    const program = host.programs.open({ command: path, args, maxProcesses: max_processes })
    async function authorize(
      resource: ResourceRequest,
      request: RequestScope,
      why?: Why,
    ): Promise<AuthzOutcome> {
      const input = extAuthzInput(resource, request)
      why?.say(`${name} is run with ${input} on its standard input`)
      const { exitCode, said } = await runProgram(program, input, request.signal)
      const rule = `exit ${exitCode} of ${name}${quoted(said)}`
      why?.say(`it exits with ${exitCode} (0 grants what was asked, 1 denies)${quoted(said)}`)
      if (exitCode === 0) return grant(resource.actions, rule)
      if (exitCode === 1) return deny(rule)
      throw new Error(
        `${name}: exit ${exitCode} is no answer (0 grants, 1 denies)${quoted(said)}; run it by hand: echo '{"Account":"USER","Type":"repository","Name":"app","Service":"","IP":"","Actions":["pull"],"Labels":null}' | ${name}`,
      )
    }

    return {
      authorize: (resource, request) => authorize(resource, request),
      explain: (resource, request) => explained((why) => authorize(resource, request, why)),
    }
  },
})
