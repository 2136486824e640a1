// Patterns for a repository's name that no repository has: with a tag, a host, capitals, or a slash at an end.
import type { Stars } from './glob.ts'
import { isRegex } from './regex.ts'

/** Public registries whose names are often kept at the beginning of what mirrors them. */
const MIRRORED =
  /^(docker\.io|quay\.io|ghcr\.io|([a-z]+\.)?gcr\.io|(registry\.)?k8s\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.(access\.)?redhat\.(com|io)|nvcr\.io|docker\.elastic\.co|cgr\.dev|registry\.(gitlab\.com|suse\.com|opensuse\.org)|registry-1\.docker\.io|index\.docker\.io)$/

/** The beginning of a name that is a host for certain, or nearly so. */
const HOST =
  /^(https?:|localhost(:\d+)?|[^/*?[]+:\d+|(\d+\.){3}\d+|(registry|docker|hub|harbor|reg|cr)\.[a-z0-9.-]+|([a-z0-9-]+\.){2,}[a-z]{2,}|[a-z0-9-]+\.(com|org|net|local|lan|internal|corp|test|example))$/i

/**
 * What is doubtful about a pattern for a repository's name.
 *
 * @param pattern as written
 * @returns the message with its remedy, or undefined
 */
export function doubtOfName(pattern: string, stars: Stars): string | undefined {
  if (isRegex(pattern)) return hasCapital(withoutEscapes(pattern)) ? CAPITALS : undefined
  // A label or a capture may hold anything.
  const glob = pattern.replace(/\$\{[^}]*\}/g, ({ length }) => '*'.repeat(length))
  const parts = glob.replace(/^https?:\/+/, (scheme) => scheme.replace(/\/+$/, '/')).split('/')
  const first = parts[0]!
  if (parts.length > 1 && HOST.test(first) && !MIRRORED.test(first)) {
    const rest = pattern.replace(/^https?:\/+/, '').replace(/^[^/]*\//, '')
    const named = /^https?:$/.test(first) ? '' : ` ${first}`
    return `begins with the host${named}, which is not in the name that a registry asks for${rest === '' ? '' : `; write ${JSON.stringify(rest)}`}`
  }
  const last = parts.at(-1)!
  const tag = /^(.*?[^\\[])([@:].*)$/.exec(last)
  if (tag && !last.includes('[')) {
    const name = pattern.slice(0, pattern.length - tag[2]!.length)
    return `has ${tag[2]!.startsWith('@') ? 'a digest' : 'a tag'}, which is not in the name that a registry asks for; write ${JSON.stringify(name)}`
  }
  if (glob.length > 1 && (glob.startsWith('/') || glob.endsWith('/'))) {
    const inner = pattern.replace(/^\/+|\/+$/g, '')
    const below = glob.endsWith('/') ? `/${stars === 'two' ? '**' : '*'}` : ''
    return `never matches: a name neither begins nor ends with a slash; write ${JSON.stringify(inner + below)}`
  }
  return hasCapital(glob.replace(/\[[^\]]*\]/g, '')) ? CAPITALS : undefined
}

const CAPITALS = 'has capitals, which no repository has in its name; write it in lower case'

function hasCapital(text: string): boolean {
  return /[A-Z]/.test(text)
}

/** What is a letter in an expression and none in a name, and all of it where case does not count. */
function withoutEscapes(expression: string): string {
  if (/\(\?[a-z]*i/.test(expression)) return ''
  return expression
    .replace(/\$\{[^}]*\}/g, '')
    .replace(/\(\?P?<[^>]*>/g, '')
    .replace(/\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[^}]*\}|..)|Q|E|.)/g, '')
    .replace(/\[[^\]]*\]/g, '')
}
