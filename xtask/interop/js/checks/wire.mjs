import { equal, same } from '../harness.mjs'

// What is not plain text on the wire, and the SDK's other way to call.
export default async ({ harness, sdk, seam, site, settings, options }) => {
  const { entrances, users } = seam.acs
  const { userIdentities: identities } = seam

  await harness.row('null as a filter', users.list, {
    'those whose identity lacks the value': async () => {
      const acs_system_id = site.system('West').acs_system_id
      const { user_identity_id } = await identities.create({
        full_name: 'Without Address',
        phone_number: '+15555550155',
        acs_system_ids: [acs_system_id],
      })
      const found = await users.list({ user_identity_id, user_identity_email_address: null })
      equal(found.map((it) => it.user_identity_id), [user_identity_id], 'identities')
      const { user_identity_id: marta } = site.identity
      equal(await users.list({ user_identity_id: marta, user_identity_email_address: null }), [], 'users')
    },
    'the first page': async () => {
      const first = await users.list({ limit: 2, page_cursor: null })
      equal(first.length, 2, 'users')
    },
  })

  await harness.row('an array as a filter', entrances.list, {
    'of none, one and several': async () => {
      const some = site.entrances.slice(2, 5).map((it) => it.acs_entrance_id)
      for (const wanted of [some, some.slice(0, 1), []]) {
        const found = await entrances.list({ acs_entrance_ids: wanted })
        same(found.map((it) => it.acs_entrance_id), wanted, 'doors')
      }
    },
    'of identities': async () => {
      const { user_identity_id } = site.identity
      const found = await identities.list({ user_identity_ids: [user_identity_id] })
      same(found.map((it) => it.user_identity_id), [user_identity_id], 'identities')
    },
  })

  await harness.row('an instant as a filter', users.list, {
    'before it': async () => {
      const instant = '2024-04-04T00:00:00Z'
      const expected = site.users
        .filter((it) => new Date(it.created_at) < new Date(instant))
        .map((it) => it.acs_user_id)
      for (const created_before of [instant, new Date(instant), '2024-04-04T02:00:00+02:00']) {
        const found = await users.list({ created_before })
        same(found.map((it) => it.acs_user_id), expected, 'users')
      }
    },
  })

  const ByPath = sdk.SeamEndpoints ?? sdk.SeamHttpEndpoints
  await harness.row('the client by path', ByPath, {
    'adds, lists and removes': async () => {
      const seam = ByPath.fromApiKey(settings.api_key, options)
      harness.watch(seam.client)
      const pair = {
        acs_user_id: site.user('Keiko Sato').acs_user_id,
        acs_access_group_id: site.group('Gym').acs_access_group_id,
      }
      const groups = async () => {
        const { acs_user_id } = pair
        const found = await seam['/acs/access_groups/list']({ acs_user_id })
        return found.map((it) => it.acs_access_group_id)
      }
      await seam['/acs/users/add_to_access_group'](pair)
      same(await groups(), [pair.acs_access_group_id], 'groups')
      await seam['/acs/users/remove_from_access_group'](pair)
      same(await groups(), [], 'groups')
    },
  })

  await harness.row('the client for asyncio', undefined, {})
}
