// What `dockwarden` is given in a line of a page, however it is called there.

const GLOG = /^--?(alsologtostderr|log_dir|v)\b/

/** What `dockwarden` is given, wherever it runs; undefined for another program. */
export function dockwardenArguments(words: readonly string[]): readonly string[] | undefined {
  const text = words.join(' ')
  const wrapped =
    /^((sudo( -u \S+)? )?(dockwarden|npx dockwarden|npm run (-s )?dockwarden --|node core\/main\.ts)( |$)|(docker|podman|kubectl|nerdctl) (compose )?(exec|run) )/
  const found = wrapped.exec(text)
  if (!found) return undefined
  const own = words.findIndex((word) => /^(dockwarden(:\S+)?|core\/main\.ts|deploy\/dockwarden)$/.test(word))
  if (own === -1) return undefined
  const rest = words.slice(own + 1)
  // An image or a pod of that name, in which the command is called by its name again.
  const again = rest.indexOf('dockwarden')
  const args = (again === -1 ? rest : rest.slice(again + 1)).slice(rest[0] === '--' && again === -1 ? 1 : 0)
  const plain = args.filter((word) => !GLOG.test(word))
  return /^[^-].*[./]/.test(plain[0] ?? '') ? ['serve', ...plain] : plain
}
