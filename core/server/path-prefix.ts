// The path that stands before all others. As in docker_auth it is text: clients may percent-encode it as they like.

/**
 * What of a request's path is behind the prefix. Several slashes between the two are one: docker_auth, told `/x/`, answers at
 * `/x//auth`.
 *
 * @param path as it came, with valid percent-encoding
 * @returns a path that is still encoded; undefined when it is not below the prefix
 * @example pathBehind('/my%20registry/auth', '/my registry') // '/auth'
 */
export function pathBehind(path: string, prefix: string): string | undefined {
  const parts = path.split('/')
  const depth = prefix.split('/').length
  if (parts.length === depth || decodeURIComponent(parts.slice(0, depth).join('/')) !== prefix)
    return undefined
  return `/${parts.slice(depth).join('/').replace(/^\/+/, '')}`
}

/** The prefix as it stands in a URL. @example prefixInUrl('/my registry') // '/my%20registry' */
export function prefixInUrl(prefix: string): string {
  return prefix.split('/').map(encodeURIComponent).join('/')
}
