import { refused, same, that } from '../harness.mjs'

export default async ({ harness, sdk, seam, site }) => {
  const { accessGroups, users } = seam.acs
  const gone = (code, call) => refused(sdk.SeamHttpApiError, 404, code, call)

  const pool = site.group('Pool, Summer 2025')
  const { acs_access_group_id } = pool
  await harness.row('/acs/access_groups/delete', accessGroups.delete, {
    'takes the memberships along, and nobody': async () => {
      const [acs_user_id] = site.membersOf(pool)
      await accessGroups.delete({ acs_access_group_id })
      await gone('acs_access_group_not_found', () =>
        accessGroups.get({ acs_access_group_id }),
      )
      const groups = await accessGroups.list({ acs_user_id })
      const expected = site
        .groupsOf({ acs_user_id })
        .filter((group) => group !== acs_access_group_id)
      same(groups.map((it) => it.acs_access_group_id), expected, 'groups')
      await users.get({ acs_user_id })
    },
    'twice is not found': () =>
      gone('acs_access_group_not_found', () =>
        accessGroups.delete({ acs_access_group_id }),
      ),
  })

  const hiroshi = site.user('Hiroshi Tanaka')
  const { acs_user_id } = hiroshi
  await harness.row('/acs/users/delete', users.delete, {
    'takes the memberships along': async () => {
      const [group] = site.groupsOf(hiroshi)
      await users.delete({ acs_user_id })
      await gone('acs_user_not_found', () => users.get({ acs_user_id }))
      const members = await accessGroups.listUsers({ acs_access_group_id: group })
      that(
        members.every((it) => it.acs_user_id !== acs_user_id),
        'he is no member',
      )
    },
    'twice is not found': () =>
      gone('acs_user_not_found', () => users.delete({ acs_user_id })),
    'by identity and system': async () => {
      const { acs_system_id } = site.system('West')
      const { user_identity_id } = site.identity
      await users.delete({ user_identity_id, acs_system_id })
      const left = await users.list({ user_identity_id })
      same(left.map((it) => it.acs_system_id), [site.system('East').acs_system_id], 'systems')
    },
  })
}
