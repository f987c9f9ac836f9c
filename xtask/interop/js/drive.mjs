// Drives every operation of the server with one of Seam's SDKs for JavaScript.
//
//     node drive.mjs PACKAGE < settings.json
//
// xtask writes the settings: endpoint, keys, tokens, the site file that is served.

import { readFileSync } from 'node:fs'

import accessGroups from './checks/access-groups.mjs'
import deletions from './checks/deletions.mjs'
import directory from './checks/directory.mjs'
import errors from './checks/errors.mjs'
import identities from './checks/identities.mjs'
import joining from './checks/joining.mjs'
import pages from './checks/pages.mjs'
import tokens from './checks/tokens.mjs'
import users from './checks/users.mjs'
import wire from './checks/wire.mjs'
import { Harness } from './harness.mjs'
import { Site } from './site.mjs'

// A server that never answers must not hold everything up.
setTimeout(() => {
  console.error('the driver was still not done after five minutes')
  process.exit(1)
}, 300_000).unref()

const [, , name] = process.argv
const settings = JSON.parse(readFileSync(0, 'utf8'))
const sdk = await import(name)
const { version } = JSON.parse(
  readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url)),
)

const harness = new Harness()
const options = {
  endpoint: settings.endpoint,
  // Version 1 hides a few calls behind this; later ones do not know it.
  ...(version.startsWith('1.') && name !== 'seam'
    ? { isUndocumentedApiEnabled: true }
    : {}),
}
const Client = sdk.Seam ?? sdk.SeamHttp
const connect = (apiKey) => {
  const seam = Client.fromApiKey(apiKey, options)
  harness.watch(seam.client)
  return seam
}

harness.hello(name, version)
const world = {
  harness,
  sdk,
  Client,
  connect,
  options,
  settings,
  seam: connect(settings.api_key),
  site: new Site(settings.site),
}
// Deletions last: the others read what the site file says.
for (const checks of [
  accessGroups,
  users,
  directory,
  identities,
  joining,
  pages,
  errors,
  tokens,
  wire,
  deletions,
]) {
  await checks(world)
}
harness.goodbye()
