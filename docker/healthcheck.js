// The image's health check: exit 0 when /healthz answers 200, otherwise 1 and a line that says why.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

const TIMEOUT_MS = 4_000
/** Another port, a path_prefix: DOCKWARDEN_HEALTH_URL. By default TLS is tried first, then plain HTTP. */
const urls = process.env.DOCKWARDEN_HEALTH_URL
  ? [process.env.DOCKWARDEN_HEALTH_URL]
  : ['https://127.0.0.1:5001/healthz', 'http://127.0.0.1:5001/healthz']

/**
 * Whether the server answers. Its certificate is for its public name and says nothing here: nothing secret is sent,
 * and the connection stays in the container.
 *
 * @param {string} url
 * @returns {Promise<string | undefined>} what is wrong; undefined when nothing is
 */
function fault(url) {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve) => {
    request(url, { rejectUnauthorized: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      response.resume()
      resolve(response.statusCode === 200 ? undefined : `${url} answered ${response.statusCode}`)
    })
      .on('error', (error) => resolve(`${url}: ${error.message}`))
      .end()
  })
}

const faults = []
for (const url of urls) {
  const found = await fault(url)
  if (found === undefined) process.exit(0)
  faults.push(found)
}
console.error(faults.join('; '))
process.exit(1)
