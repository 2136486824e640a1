// What V8 takes from a command line alone: a server begins anew with it, as the same process, with the same id and the same streams.

/**
 * The young generation has two or three times that; V8 lets it grow to ten times as much, for some hundred kilobytes that outlive it.
 * What it spares is in docs/weight.md.
 */
const NAME = '--max-semi-space-size'
const FLAG = `${NAME}=4`

/** A process, and what it was begun with. */
export type Begun = Pick<NodeJS.Process, 'argv' | 'env' | 'execArgv' | 'execPath' | 'execve' | 'connected'>

/**
 * Begins a process anew, unless it has the flag. Where that can't be done the server is as good, and takes more memory: on Windows, under
 * Node's permission model, in a debugger, or forked by a program that it talks to.
 *
 * @returns when there was nothing to do, or it could not be done
 */
export function beginWithFlag({ argv, connected, env, execArgv, execPath, execve }: Begun): void {
  const given = [...execArgv, env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-')
  if (given.includes(NAME) || !execve || connected || given.includes('--inspect')) return
  try {
    execve(execPath, [execPath, FLAG, ...execArgv, ...argv.slice(1)], env)
  } catch {}
}
