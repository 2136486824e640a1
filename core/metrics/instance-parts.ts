// What the metrics of a plugin instance are made of.

/** Which instance. */
export interface InstanceName {
  readonly kind: string
  readonly plugin: string
  readonly id: string
}

/** What the metrics of an instance are made of. */
export interface InstanceParts {
  readonly about: InstanceName
  /** What the instances of the same configuration have made. */
  readonly definitions: Definitions
  /** Tells of what the plugin does wrong. */
  readonly warn: (message: string) => void
}

/** What the instances of one configuration have made: those of one name must agree. */
export type Definitions = Map<string, { readonly shape: string; readonly id: string }>

/** The server's own metrics that a plugin's could be named as. */
export const CALLS = 'dockwarden_plugin_call_duration_seconds'
export const DROPPED = 'dockwarden_plugin_values_dropped_total'
