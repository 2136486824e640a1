// The authorizer that asks an external program, as docker_auth's ext_authz does.
import { type Authorizer, definePlugin, deny, grant, z } from '../../core/contract/index.ts'
import { extAuthzInput } from './ext-authz.ts'

export default definePlugin({
  kind: 'authorizer',
  name: 'exec-authz',
  options: z.strictObject({
    command: z
      .string()
      .min(1, 'is empty; write the path of a program, or a name to look up in PATH')
      .describe('The program: a path (relative to this file), or a name without a slash to look up in PATH.'),
    args: z
      .array(z.string())
      .default([])
      .describe(
        'Its arguments, passed without a shell. Other users of the machine can see them: no secrets here.',
      ),
    max_processes: z
      .int()
      .min(1)
      .max(1024)
      .default(16)
      .describe('At most this many processes at once; further requests wait.'),
  }),
  create({ command: name, args, max_processes }, host): Authorizer {
    const path = name.includes('/') ? host.files.resolve(name) : name
    const command = host.commands.open({ command: path, args, maxProcesses: max_processes })
    return {
      async authorize(resource, request) {
        const { exitCode } = await command.run(extAuthzInput(resource, request), request.signal)
        const rule = `exit ${exitCode} of ${name}`
        if (exitCode === 0) return grant(resource.actions, rule)
        if (exitCode === 1) return deny(rule)
        throw new Error(
          `${name}: exit ${exitCode} is no answer (0 grants, 1 denies); its standard error is not shown, since it may hold secrets: run it by hand: echo '{"Account":"USER","Type":"repository","Name":"app","Service":"","IP":"","Actions":["pull"],"Labels":null}' | ${name}`,
        )
      },
    }
  },
})
