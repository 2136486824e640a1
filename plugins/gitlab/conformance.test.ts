import { Secret } from '../../core/plugin.ts'
import { conformance } from '../../core/testing/index.ts'
import { type GitLabStandIn, startGitLab } from '../../test/support/gitlab-stand-in.ts'
import plugin from './index.ts'

const valid = {
  client_id: 'a',
  client_secret: new Secret('b'),
  redirect_url: 'https://auth.example.com/gitlab_auth',
}

let gitlab: GitLabStandIn
before(async () => {
  gitlab = await startGitLab()
})
after(() => gitlab?.close())

conformance(plugin, {
  options: () => ({ ...valid, web_url: gitlab.webUrl }),
  invalid: [
    {
      options: { client_id: 'a', client_secret: new Secret('b') },
      path: 'redirect_url',
      message: /is missing; write it as registered/,
    },
    { options: { ...valid, scopes: ['openid'] }, path: 'scopes', message: /add read_user/ },
    { options: { ...valid, scopes: ['read_user openid'] }, path: 'scopes.0', message: /one word/ },
    {
      options: { ...valid, scopes: ['read_user'], allowed_groups: ['acme'] },
      path: 'allowed_groups',
      message: /needs openid/,
    },
    { options: { ...valid, allowed_groups: [] }, path: 'allowed_groups', message: /leave it out/ },
    { options: { ...valid, allowed_groups: ['/acme'] }, path: 'allowed_groups.0', message: /full path/ },
    { options: { ...valid, web_url: 'ftp://gitlab.example.com' }, path: 'web_url', message: /is no URL/ },
    { options: { ...valid, labels: { a: 'group' } }, path: 'labels.a', message: /did you mean "groups"/ },
    {
      options: { ...valid, web_url: 'http://gitlab.example.com' },
      path: 'web_url',
      message: /not encrypted/,
    },
    {
      options: { ...valid, api_url: 'http://gitlab.example.com/api/v4' },
      path: 'api_url',
      message: /not encrypted/,
    },
  ],
  // Nobody comes in with a password of GitLab's.
  passes: [{ account: 'jane', password: 'correct horse' }],
})
