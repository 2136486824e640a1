// The authorizer that asks an external program, as docker_auth's ext_authz does.
import { type Authorizer, definePlugin, deny, grant, programOptions, z } from '../../core/plugin.ts'
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
    return {
      async authorize(resource, request) {
        const { exitCode, said } = await runProgram(program, extAuthzInput(resource, request), request.signal)
        const rule = `exit ${exitCode} of ${name}${quoted(said)}`
        if (exitCode === 0) return grant(resource.actions, rule)
        if (exitCode === 1) return deny(rule)
        throw new Error(
          `${name}: exit ${exitCode} is no answer (0 grants, 1 denies)${quoted(said)}; run it by hand: echo '{"Account":"USER","Type":"repository","Name":"app","Service":"","IP":"","Actions":["pull"],"Labels":null}' | ${name}`,
        )
      },
    }
  },
})
