import { Secret } from '../../core/plugin.ts'
import { conformance } from '../../core/testing/index.ts'
import { type GitHubStandIn, startGitHub } from '../../test/support/github-stand-in.ts'
import plugin from './index.ts'

const valid = { client_id: 'a', client_secret: new Secret('b') }

let github: GitHubStandIn
before(async () => {
  github = await startGitHub()
})
after(() => github?.close())

conformance(plugin, {
  options: () => ({ ...valid, web_url: github.webUrl, organizations: ['acme'] }),
  invalid: [
    { options: {}, path: 'client_id', message: /string/ },
    { options: { client_id: 'a' }, path: 'client_secret', message: /!env NAME/ },
    { options: { ...valid, organizations: [] }, path: 'organizations', message: /leave it out/ },
    {
      options: { ...valid, organizations: ['acme/../../user'] },
      path: 'organizations.0',
      message: /is no organization/,
    },
    { options: { ...valid, web_url: 'github.example.com' }, path: 'web_url', message: /is no URL/ },
    { options: { ...valid, api_url: 'https://a.example.com/?b' }, path: 'api_url', message: /address alone/ },
    { options: { ...valid, account: 'usr.login' }, path: 'account', message: /did you mean "user"/ },
    {
      options: { ...valid, redirect_url: 'https://auth.example.com/' },
      path: 'redirect_url',
      message: /path of its own/,
    },
    {
      options: { ...valid, web_url: 'http://github.example.com' },
      path: 'web_url',
      message: /not encrypted/,
    },
    {
      options: { ...valid, api_url: 'http://api.github.example.com' },
      path: 'api_url',
      message: /not encrypted/,
    },
    { options: { ...valid, api_url: 'https://a@b.example.com' }, path: 'api_url', message: /no user name/ },
    { options: { ...valid, client_secret: '' }, path: 'client_secret', message: /is empty/ },
    {
      options: { ...valid, registry: 'registry.example.com:5000/' },
      path: 'registry',
      message: /write HOST or HOST:PORT/,
    },
  ],
  // Nobody comes in with a password of GitHub's.
  passes: [{ account: 'octocat', password: 'correct horse' }],
})
