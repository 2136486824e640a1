// Patterns for a repository's name that no repository has: with a tag, a host, capitals, or a slash at an end.
import type { Stars } from './glob.ts'
import { isRegex } from './regex.ts'

/** Public registries whose names are often kept at the beginning of what mirrors them. */
const MIRRORED =
  /^(docker\.io|quay\.io|ghcr\.io|([a-z]+\.)?gcr\.io|(registry\.)?k8s\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.(access\.)?redhat\.(com|io)|nvcr\.io|docker\.elastic\.co|cgr\.dev|registry\.(gitlab\.com|suse\.com|opensuse\.org)|registry-1\.docker\.io|index\.docker\.io)$/

/** The beginning of a name that is a host for certain, or nearly so. */
const HOST =
  /^(localhost(:\d+)?|[^/*?[]+:\d+|(\d+\.){3}\d+|(registry|docker|hub|harbor|reg|cr)\.[a-z0-9.-]+|([a-z0-9-]+\.){2,}[a-z]{2,}|[a-z0-9-]+\.(com|org|net|local|lan|internal|corp|test|example))$/i

/** Something that no repository has in its name, and the pattern without it. */
interface Fault {
  readonly what: string
  readonly instead: string
}

/**
 * What is doubtful about a pattern for a repository's name.
 *
 * @param pattern as written
 * @returns the message with its remedy, or undefined
 */
export function doubtOfName(pattern: string, stars: Stars): string | undefined {
  if (isRegex(pattern))
    return hasCapital(withoutEscapes(pattern)) ? `${CAPITALS}; write it in lower case` : undefined
  const fault = faultOf(pattern, stars)
  if (!fault) return undefined
  // The first fault is told, the remedy is for all.
  let { instead } = fault
  for (let next = faultOf(instead, stars); next; next = faultOf(instead, stars)) instead = next.instead
  return instead === '' ? fault.what : `${fault.what}; write ${JSON.stringify(instead)}`
}

const CAPITALS = 'has capitals, which no repository has in its name'

/** The fault that stands first; what is written instead is shorter or in lower case, and so without it. */
function faultOf(pattern: string, stars: Stars): Fault | undefined {
  // A label or a capture may hold anything.
  const glob = pattern.replace(PLACEHOLDER, ({ length }) => '*'.repeat(length))
  const scheme = /^https?:\/+/.exec(glob)?.[0] ?? ''
  const [host, ...parts] = glob.slice(scheme.length).split('/') as [string, ...string[]]
  if (scheme !== '' || (parts.length > 0 && HOST.test(host) && !MIRRORED.test(host)))
    return {
      what: `begins with the host ${host}, which is not in the name that a registry asks for`,
      instead: parts.length > 0 ? pattern.slice(scheme.length + host.length + 1) : '',
    }
  const last = glob.slice(glob.lastIndexOf('/') + 1)
  const [, , tag] = /^(.*?[^\\[])([@:].*)$/.exec(last) ?? []
  if (tag !== undefined && !last.includes('['))
    return {
      what: `has ${tag.startsWith('@') ? 'a digest' : 'a tag'}, which is not in the name that a registry asks for`,
      instead: pattern.slice(0, -tag.length),
    }
  if (glob.length > 1 && (glob.startsWith('/') || glob.endsWith('/'))) {
    const below = glob.endsWith('/') ? `/${stars === 'two' ? '**' : '*'}` : ''
    return {
      what: 'never matches: a name neither begins nor ends with a slash',
      instead: pattern.replace(/^\/+|\/+$/g, '') + below,
    }
  }
  if (!hasCapital(glob.replace(/\[[^\]]*\]/g, ''))) return undefined
  const lower = pattern.replace(/\$\{[^}]*\}|\[[^\]]*\]|[A-Z]/g, (part) =>
    part.length > 1 ? part : part.toLowerCase(),
  )
  return { what: CAPITALS, instead: lower }
}

const PLACEHOLDER = /\$\{[^}]*\}/g

function hasCapital(text: string): boolean {
  return /[A-Z]/.test(text)
}

/** What is a letter in an expression and none in a name, and all of it where case does not count. */
function withoutEscapes(expression: string): string {
  if (/\(\?[a-z]*i/.test(expression)) return ''
  return expression
    .replace(PLACEHOLDER, '')
    .replace(/\(\?P?<[^>]*>/g, '')
    .replace(/\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[^}]*\}|..)|Q|E|.)/g, '')
    .replace(/\[[^\]]*\]/g, '')
}
