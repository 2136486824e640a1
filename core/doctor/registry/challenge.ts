// What a registry's `WWW-Authenticate` says (RFC 9110, 11.6.1).

/** One challenge of a header. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+"
const PART = new RegExp(
  `[\\s,]*(?:(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*)(?=[\\s,]|$))|(${TOKEN})(?=[\\s,]|$))`,
  'y',
)

/**
 * Reads the header; what is malformed ends it.
 *
 * @example readChallenges('Bearer realm="https://auth.example.com/auth",service="registry"')
 */
export function readChallenges(header: string | undefined): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  PART.lastIndex = 0
  for (let found = PART.exec(header ?? ''); found; found = PART.exec(header ?? '')) {
    const [, name, quoted, plain, scheme] = found
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    else
      challenges.at(-1)?.parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
  }
  return challenges
}
