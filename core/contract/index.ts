// The contract between the host and its plugins: the only folder of core that a plugin imports.
export { z } from 'zod'
export { faultOfAccount, isAccountName, isUserName } from './account.ts'
export { type Facts as AclFacts, FIELDS as ACL_FIELDS } from './acl/facts.ts'
export { compileGlob } from './acl/glob.ts'
export { type Address, contains, type Network, parseAddress, parseNetwork } from './acl/ip.ts'
export { decideByRules } from './acl/outcome.ts'
export type { Problem as AclProblem, Rule as AclRule } from './acl/rule.ts'
export {
  checkRules,
  checkRulesInSlices,
  compileRules,
  compileRulesInSlices,
  type Decision as AclDecision,
  type RuleSet,
} from './acl/ruleset.ts'
export { actionsSeen } from './actions.ts'
export { isPrivate } from './addresses.ts'
export { deriveLabels, type Expression, evaluateIfThere, expression, MissingField } from './expression.ts'
export type {
  Clock,
  Command,
  CommandOptions,
  CommandResult,
  Commands,
  Files,
  Host,
  HttpClient,
  HttpClientOptions,
  HttpClients,
  HttpRequest,
  HttpResponse,
  Log,
  Passwords,
  State,
  Watch,
  Watched,
  YamlContent,
  YamlFiles,
} from './host.ts'
export { ANSWER_VARIABLES, type Answer, type Condition, firstCondition, readAnswer } from './http-answer.ts'
export {
  basicAuthorization,
  connectionOptions,
  type HeaderTemplates,
  headerTemplates,
  UnusableValue,
  type UrlTemplate,
  urlTemplate,
} from './http-templates.ts'
export type { JsonValue } from './json.ts'
export { type JsonTemplate, jsonTemplate } from './json-template.ts'
export { type Kept, keep } from './kept.ts'
export { type Labels, mergeLabels, NO_LABELS, toLabels } from './labels.ts'
export {
  type OAuthClient,
  type OAuthClients,
  type OAuthGrant,
  type OAuthOptions,
  OAuthRefused,
} from './oauth.ts'
export {
  commandOptions,
  duration,
  isPasswordHash,
  labels,
  mapOf,
  missingOr,
  secret,
  tlsFiles,
} from './options.ts'
export {
  type AuthnOutcome,
  type AuthzOutcome,
  accept,
  deny,
  grant,
  NotRenewable,
  pass,
  reject,
  type Session,
} from './outcomes.ts'
export { withPlaceholders } from './placeholders.ts'
export { Busy, type Need, type Place, type PlaceOptions, type Places, type Release } from './places.ts'
export { variableIn } from './plain-secrets.ts'
export {
  type Authenticator,
  type Authorizer,
  definePlugin,
  type Held,
  type Labeler,
  type PluginDefinition,
  type PluginKind,
  type PluginKinds,
} from './plugin.ts'
export { type ApiAnswer, readApi } from './provider-api.ts'
export {
  type ProviderAccount,
  type ProviderCall,
  type ProviderSignIn,
  signInAuthenticator,
} from './provider-sign-in.ts'
export type {
  CertificateAlternativeNames,
  CertificateName,
  Client,
  ClientCertificate,
  Credentials,
  Identity,
  RequestScope,
  ResourceRequest,
} from './request.ts'
export { Secret } from './secret.ts'
export type { RedirectUrl, Routes, SignIn, SignInAnswer, SignInAttempt, SignInStart } from './sign-in.ts'
export {
  type IdentityRules,
  identify,
  providerUrl,
  redirectUrl,
  type SignInDefaults,
  serverUrl,
  signInOptions,
  warnIfOpen,
} from './sign-in-options.ts'
export { atOnce, inSlices, type Steps, TooMuchWork, type Work } from './steps.ts'
export { suggest } from './suggest.ts'
export { secretTemplate, type Template, template, templates } from './template.ts'
export { CLIENT, IDENTITY, LABELS, TOKEN_REQUEST, type Token, type TokenRequestFacts } from './tokens.ts'
export { untilAborted } from './until-aborted.ts'
