// Every package of a lock file must have its hash: npm installs one without it unseen, whatever the registry sends.
// The argument is the file. Ends with 1, and the names, when one has none.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
// The entry without a name is the project itself.
const bare = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && !integrity)
for (const [path, { version }] of bare) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  console.error(`${path} has no integrity; npm view ${name}@${version} dist.integrity`)
}
process.exitCode = bare.length > 0 ? 1 : 0
