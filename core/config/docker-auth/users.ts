// docker_auth's `users` section becomes the options of the static plugin.

import { faultOfAccount, isPasswordHash } from '../../plugin.ts'
import { Draft, draftList } from './draft.ts'
import type { Given, Section } from './section.ts'

/** The user who stands for requests without credentials. */
const ANONYMOUS = ''

/** @returns the static plugin's options */
export function translateUsers(users: Section): Draft {
  const native = new Draft(users.yaml, users.at.key)
  for (const account of users.keys) {
    const user = users.section(account)
    const fault = faultOfAccount(account)
    if (fault)
      users.warn(
        account,
        `${fault}, which no account can have, so that nobody can log in by it; write another name`,
      )
    else if (user) native.put(account, translateUser(account, user).value, user.at)
    else if (!users.refused(account)) {
      users.warn(
        account,
        'is empty, so that there is no such user, as in docker_auth; remove it, or write password:',
      )
    }
  }
  return new Draft(users.yaml, users.at.key).put('users', native.value, users.at)
}

function translateUser(account: string, user: Section): Draft {
  const native = new Draft(user.yaml, user.at.key)
  user.warnUnknown(['password', 'labels'])
  const password = user.text('password')
  const disable = (why: string) => {
    user.warnAt(password!.entry.key, why)
    native.put('disabled', true, password!.entry)
  }
  if (user.refused('password')) {
    // So that the missing password is not reported once more.
    native.put('disabled', true, user.at)
  } else if (!password) {
    if (account !== ANONYMOUS) {
      user.warnAt(
        user.at.key,
        'has no password, so that any password is accepted, as in docker_auth; give it one, or remove it',
      )
      native.put('any_password', true, user.at)
    }
  } else if (account === ANONYMOUS) {
    disable(
      'requests without credentials have no password, so that they are refused; remove the password to let them in',
    )
  } else if (password.secret) {
    native.take('password', password)
  } else {
    const hash = readableHash(password.value)
    if (hash) native.put('password', hash, password.entry)
    else
      disable(
        'is no bcrypt hash, so that this user can not log in, as in docker_auth; make one with htpasswd -nB NAME',
      )
  }
  return native.take('labels', translateLabels(user))
}

/** Go's bcrypt ignores the letter after `$2`, and what follows the 60 characters of a hash. */
function readableHash(text: string): string | undefined {
  if (isPasswordHash(text)) return text
  const [, rest] = /^\$2[^$]?(\$\d\d\$[./A-Za-z0-9]{53})/.exec(text) ?? []
  const hash = `$2b${rest}`
  return rest !== undefined && isPasswordHash(hash) ? hash : undefined
}

function translateLabels(user: Section): Given<unknown> | undefined {
  const labels = user.section('labels')
  if (!labels) return undefined
  const native = new Draft(labels.yaml, labels.at.value)
  for (const name of labels.keys) {
    const values = labels.texts(name, (spot) =>
      labels.warnAt(spot, 'is null, and is left out; write text, or remove it'),
    )
    if (values) native.put(name, draftList(labels.yaml, values.entry.value, values.value), values.entry)
  }
  return { value: native.value, entry: labels.at }
}
