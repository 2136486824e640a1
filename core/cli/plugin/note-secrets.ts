// Secrets in a plugin's options.
import { noteSecret } from '../../kit/request-secrets.ts'
import { Secret } from '../../plugin.ts'

/** What options hold as secrets must not be seen either, whatever the plugin does with it. */
export function noteSecretsOf(options: unknown): void {
  if (options instanceof Secret) noteSecret(options.reveal())
  else if (options instanceof Map) for (const value of options.values()) noteSecretsOf(value)
  else if (typeof options === 'object' && options !== null)
    for (const value of Object.values(options)) noteSecretsOf(value)
}
