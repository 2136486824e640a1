// Cases for the conformance kit: from a YAML file; or, without one, how the plugin itself answers somebody whom nobody knows.
import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { deepFreeze } from '../../contract/frozen.ts'
import {
  type Authenticator,
  type Authorizer,
  deny,
  grant,
  type Host,
  type Labeler,
  labels,
  NO_LABELS,
  type PluginDefinition,
  pass,
  Secret,
  z,
} from '../../plugin.ts'
import { parseScope } from '../../request/scope.ts'
import { createFiles } from '../../services/files.ts'
import { type ConformanceSuite, testRequest } from '../../testing/index.ts'
import { createYamlFiles } from '../../yaml/yaml-files.ts'

/** A suite, but for what the options and the host are. */
export type Cases = Omit<ConformanceSuite, 'options' | 'host' | 'runner' | 'unavailable'>

const request = {
  ip: z.string().optional(),
  client: z.string().optional(),
  service: z.string().optional(),
}
const password = z.union([z.string(), z.instanceof(Secret).transform((secret) => secret.reveal())], {
  error: 'must be a text, !env NAME or !file PATH',
})
const credentials = z.strictObject({
  ...request,
  account: z.string(),
  password,
  exchange: z.boolean().optional(),
})
const scope = z.string().transform((text, context) => {
  try {
    return parseScope(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})
const pattern = z.string().transform((text, context) => {
  try {
    return new RegExp(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
    return z.NEVER
  }
})
const file = z.strictObject({
  accepts: z.array(credentials.extend({ labels: labels().optional(), as: z.string().optional() })).optional(),
  rejects: z.array(credentials).optional(),
  passes: z.array(credentials).optional(),
  labels: z
    .array(z.strictObject({ ...request, account: z.string(), labels: labels().optional(), expect: labels() }))
    .optional(),
  decisions: z
    .array(
      z.strictObject({
        ...request,
        account: z.string().default(''),
        labels: labels().optional(),
        scope,
        expect: z.union([z.array(z.string()), z.enum(['denied', 'pass'])], {
          error: 'must be a list of actions, denied, or pass',
        }),
      }),
    )
    .optional(),
  invalid: z
    .array(z.strictObject({ options: z.unknown(), path: z.string().optional(), message: pattern }))
    .optional(),
})

/**
 * Reads cases.
 *
 * @throws Error with line and column of each fault
 */
export function readCases(path: string): Cases {
  const { value } = createYamlFiles(createFiles(process.cwd())).read(resolve(path), file)
  const { accepts, rejects, passes, labels, decisions, invalid } = value
  return {
    ...(accepts && { accepts: accepts.map(around) }),
    ...(rejects && { rejects: rejects.map(around) }),
    ...(passes && { passes: passes.map(around) }),
    ...(labels && {
      labels: labels.map(around).map(({ account, labels, ...rest }) => ({
        ...rest,
        identity: { account, ...(labels && { labels }) },
      })),
    }),
    ...(decisions && {
      decisions: decisions.map(around).map(({ scope, expect, ...rest }) => ({
        ...rest,
        resource: scope,
        expect: expect === 'denied' ? deny() : expect === 'pass' ? pass : grant(expect),
      })),
    }),
    ...(invalid && {
      invalid: invalid.map(({ options, path, message }) => ({
        options,
        message,
        ...(path !== undefined && { path }),
      })),
    }),
  }
}

/** What a case says of the client, as the kit has it. */
function around<T extends { readonly ip?: string | undefined; readonly client?: string | undefined }>({
  ip,
  client,
  ...rest
}: T) {
  const known = { ...(ip !== undefined && { ip }), ...(client !== undefined && { id: client }) }
  return { ...rest, ...(Object.keys(known).length > 0 && { client: known }) }
}

/** Somebody whom nobody knows, at a repository that nobody has. */
const STRANGER = 'stranger'
const RESOURCE = { type: 'repository', name: `${STRANGER}/app`, actions: ['pull', 'push'] } as const

/**
 * The case of a stranger. What the plugin says first is what it must always say.
 *
 * @param options as a configuration has them
 * @throws what the plugin throws
 */
export async function strangerCase(
  definition: PluginDefinition,
  options: unknown,
  host: Host,
): Promise<Cases> {
  const instance = await definition.create(deepFreeze(definition.options.parse(options)), host)
  try {
    const around = testRequest({ account: STRANGER, scopes: [RESOURCE] })
    if (definition.kind === 'labeler') {
      const identity = deepFreeze({ account: STRANGER, labels: NO_LABELS, authenticator: 'test' })
      const expect = await (instance as Labeler).label(identity, around)
      return { labels: [{ identity: { account: STRANGER }, expect }] }
    }
    if (definition.kind === 'authorizer') {
      const expect = await (instance as Authorizer).authorize(deepFreeze({ ...RESOURCE }), around)
      return { decisions: [{ account: STRANGER, resource: RESOURCE, expect }] }
    }
    const shown = { account: STRANGER, password: randomUUID() }
    const credentials = Object.freeze({
      kind: 'password',
      account: STRANGER,
      password: new Secret(shown.password),
    } as const)
    const { outcome } = await (instance as Authenticator).authenticate(credentials, around)
    if (outcome === 'accept')
      throw new Error(
        'it accepts a stranger with a made up password; give it cases with --cases FILE, if that is meant',
      )
    return outcome === 'reject' ? { rejects: [shown] } : { passes: [shown] }
  } finally {
    await instance.close?.()
  }
}
