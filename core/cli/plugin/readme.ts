// The README of a new plugin: what is there, and commands that work as they stand.
import type { PluginKind } from '../../plugin.ts'
import { BEGINNINGS, PASSWORD_FILE, SCOPE, USER } from './kinds.ts'
import type { Names } from './names.ts'

const ARTICLE: Readonly<Record<PluginKind, string>> = {
  authenticator: 'an authenticator',
  labeler: 'a labeler',
  authorizer: 'an authorizer',
}

/** How messages name a kind. @example withArticle('labeler') // 'a labeler' */
export function withArticle(kind: PluginKind): string {
  return ARTICLE[kind]
}

const FENCE = '```'

/** The README of a plugin that is a file. */
export function ownReadme(kind: PluginKind, { plugin }: Names): string {
  return `${head(kind, plugin)}
| file                     | what it is                                                             |
| ------------------------ | ---------------------------------------------------------------------- |
| \`plugins/${plugin}.ts\` | the plugin: one file, nothing to build                                 |
| \`plugins/${plugin}.test.ts\` | its test                                                          |
| \`dockwarden.yml\`       | a configuration that uses it                                           |
| \`${PASSWORD_FILE}\`     | the password of ${USER}, made for this folder; not in git              |
| \`tsconfig.json\`        | for your editor, with the types in \`.dockwarden\`                     |

## Run it

${FENCE}console
$ dockwarden check dockwarden.yml
dockwarden.yml: ok
$ ${tryCommand(kind, `plugins/${plugin}.ts`, '')}
$ dockwarden plugin test plugins/${plugin}.test.ts
$ dockwarden serve dockwarden.yml
${FENCE}

and in another terminal, as \`docker login\` and a push ask:

${FENCE}console
${curl('')}
${FENCE}
${afterwards(kind, `plugins/${plugin}.ts`, 'dockwarden.yml')}
\`dockwarden plugin types\` writes the types for your editor anew, after an update of Dockwarden or a fresh checkout.
`
}

/** The README of a plugin that is an npm package. */
export function packageReadme(kind: PluginKind, { plugin, package: name }: Names, archive: string): string {
  const source = `../src/${plugin}.ts`
  return `${head(kind, name!)}
## Use it

${FENCE}sh
npm install ${name}
${FENCE}

${FENCE}yaml
# dockwarden.yml
${BEGINNINGS[kind].lists(written({ plugin, package: name }))}${FENCE}

## Work on it

| file                     | what it is                                                             |
| ------------------------ | ---------------------------------------------------------------------- |
| \`src/${plugin}.ts\`     | the plugin                                                             |
| \`src/${plugin}.test.ts\` | its test                                                              |
| \`example/dockwarden.yml\` | a configuration that uses it as it is here                           |
| \`example/${PASSWORD_FILE}\` | the password of ${USER}, made for this folder; not in git          |

It needs a Node that Dockwarden runs on. Is your Dockwarden not from npm, then \`npm install --save-dev PATH\`, with the path of its package
or of its built checkout, goes before the first command.

${FENCE}console
$ npm install
$ npm run check
$ npm test
$ npx dockwarden check example/dockwarden.yml
example/dockwarden.yml: ok
$ npx ${tryCommand(kind, `src/${plugin}.ts`, 'example/')}
$ npx dockwarden serve example/dockwarden.yml
${FENCE}

and in another terminal, as \`docker login\` and a push ask:

${FENCE}console
${curl('example/')}
${FENCE}
${afterwards(kind, `src/${plugin}.ts`, 'example/dockwarden.yml')}
## Publish it

Packages hold JavaScript: \`npm pack\` and \`npm publish\` compile it. What others get can be tried before:

${FENCE}console
$ npm pack --silent
${archive}
$ npm install --silent --prefix trial ./${archive}
$ cp example/${PASSWORD_FILE} trial
$ sed 's|${source}|${written({ plugin, package: name })}|' example/dockwarden.yml > trial/dockwarden.yml
$ npx dockwarden check trial/dockwarden.yml
trial/dockwarden.yml: ok
${FENCE}
`
}

/** As a configuration names the package: the long name of the usual kind may be shortened. */
function written({ plugin, package: name }: Pick<Names, 'plugin' | 'package'>): string {
  return name!.startsWith('@') ? `"${name}"` : plugin
}

function head(kind: PluginKind, title: string): string {
  return `# ${title}

${withArticle(kind).replace(/^a/, 'A')} for Dockwarden, the token server for container registries. It ${BEGINNINGS[kind].purpose}.
`
}

function tryCommand(kind: PluginKind, file: string, folder: string): string {
  const { asked, password } = BEGINNINGS[kind]
  const input = password ? ` < ${folder}${PASSWORD_FILE}` : ''
  return `dockwarden plugin try ${file} --config ${folder}dockwarden.yml ${asked}${input}`
}

function curl(folder: string): string {
  return `$ curl -su "${USER}:$(cat ${folder}${PASSWORD_FILE})" 'http://127.0.0.1:5001/auth?service=registry&scope=${SCOPE}' | grep -o '"scope":"[^"]*"'`
}

function afterwards(kind: PluginKind, file: string, config: string): string {
  const scope = SCOPE.replace(/[^:]*$/, BEGINNINGS[kind].granted)
  return `
It prints \`"scope":"${scope}"\`. While you write, \`dockwarden plugin dev ${file} --config ${config}\` serves, and takes the file
again when you save it.

What ${withArticle(kind)} answers, what the server gives to it, and what messages mean is told in \`docs/plugins\` of Dockwarden's repository.
`
}
