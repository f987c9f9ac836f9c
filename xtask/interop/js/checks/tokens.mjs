import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

// Who asks, and what they see: keys, personal access tokens, client sessions.
export default async ({ harness, sdk, Client, connect, options, settings, site }) => {
  const { fromPersonalAccessToken, fromClientSessionToken } = Client
  const token = settings.personal_access_token
  const unauthorized = (call) =>
    refused(sdk.SeamHttpUnauthorizedError, 401, 'unauthorized', call)
  const asPerson = (workspace) => {
    const seam = Client.fromPersonalAccessToken(token, workspace, options)
    harness.watch(seam.client)
    return seam
  }

  await harness.row('personal access token with its workspace', fromPersonalAccessToken, {
    'reads and changes': async () => {
      const { workspace_id } = site.workspace
      const seam = asPerson(workspace_id)
      equal((await seam.workspaces.get()).workspace_id, workspace_id, 'workspace')
      const pair = {
        acs_user_id: site.user('Keiko Sato').acs_user_id,
        acs_access_group_id: site.group('Gym').acs_access_group_id,
      }
      await seam.acs.users.addToAccessGroup(pair)
      const groups = await seam.acs.accessGroups.list({ acs_user_id: pair.acs_user_id })
      same(groups.map((it) => it.acs_access_group_id), [pair.acs_access_group_id], 'groups')
      await seam.acs.users.removeFromAccessGroup(pair)
    },
  })

  await harness.row('personal access token without a workspace', sdk.SeamHttpWithoutWorkspace, {
    'is refused': async () => {
      const { client } = sdk.SeamHttpWithoutWorkspace.fromPersonalAccessToken(token, options)
      harness.watch(client)
      await unauthorized(() => client.get('/workspaces/get'))
      await unauthorized(() => client.get('/acs/users/list'))
    },
  })

  await harness.row('personal access token for another workspace', fromPersonalAccessToken, {
    'is refused': async () => {
      for (const workspace of [settings.other_workspace_id, UNKNOWN]) {
        await unauthorized(() => asPerson(workspace).workspaces.get())
      }
    },
  })

  await harness.row('the key of another workspace', Client.fromApiKey, {
    'sees its own and nothing else': async () => {
      const { acs, workspaces } = connect(settings.other_api_key)
      equal((await workspaces.get()).workspace_id, settings.other_workspace_id, 'workspace')
      const users = await acs.users.list()
      that(
        users.every((it) => it.workspace_id === settings.other_workspace_id),
        'every user is of that workspace',
      )
      const { acs_user_id } = site.user('Keiko Sato')
      const { acs_access_group_id } = site.group('Gym')
      for (const call of [
        () => acs.users.get({ acs_user_id }),
        () => acs.users.addToAccessGroup({ acs_user_id, acs_access_group_id }),
      ]) {
        await refused(sdk.SeamHttpApiError, 404, 'acs_user_not_found', call)
      }
    },
  })

  await harness.row('client session token', fromClientSessionToken, {
    'may not change memberships': async () => {
      const seam = Client.fromClientSessionToken('seam_cst1_nobody', options)
      harness.watch(seam.client)
      await unauthorized(() =>
        seam.acs.users.addToAccessGroup({
          acs_user_id: site.user('Keiko Sato').acs_user_id,
          acs_access_group_id: site.group('Gym').acs_access_group_id,
        }),
      )
    },
  })
}
