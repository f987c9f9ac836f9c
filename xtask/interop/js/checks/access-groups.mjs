import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

export default async ({ harness, sdk, seam, site }) => {
  const { accessGroups } = seam.acs
  const keiko = site.user('Keiko Sato').acs_user_id
  const gym = site.group('Gym').acs_access_group_id
  const pair = { acs_user_id: keiko, acs_access_group_id: gym }
  const isMember = async () => {
    const users = await accessGroups.listUsers({ acs_access_group_id: gym })
    return users.some((user) => user.acs_user_id === keiko)
  }
  const unknown = (code, call) => refused(sdk.SeamHttpApiError, 404, code, call)

  await harness.row('/acs/access_groups/add_user', accessGroups.addUser, {
    'makes a member': async () => {
      that(!(await isMember()), 'she is no member before')
      await accessGroups.addUser(pair)
      that(await isMember(), 'she is a member')
      const groups = await accessGroups.list({ acs_user_id: keiko })
      same(groups.map((it) => it.acs_access_group_id), [gym], 'her groups')
    },
    'twice is once': async () => {
      await accessGroups.addUser(pair)
      await accessGroups.addUser(pair)
      that(await isMember(), 'she is a member')
      await accessGroups.removeUser(pair)
      that(!(await isMember()), 'one removal ends it')
    },
    'an unknown user is not found': () =>
      unknown('acs_user_not_found', () =>
        accessGroups.addUser({ ...pair, acs_user_id: UNKNOWN }),
      ),
    'an unknown group is not found': () =>
      unknown('acs_access_group_not_found', () =>
        accessGroups.addUser({ ...pair, acs_access_group_id: UNKNOWN }),
      ),
  })

  await harness.row('/acs/access_groups/remove_user', accessGroups.removeUser, {
    'ends the membership': async () => {
      await accessGroups.addUser(pair)
      await accessGroups.removeUser(pair)
      that(!(await isMember()), 'she is no member')
    },
    'of nobody changes nothing': async () => {
      const before = await accessGroups.listUsers({ acs_access_group_id: gym })
      await accessGroups.removeUser(pair)
      const after = await accessGroups.listUsers({ acs_access_group_id: gym })
      equal(after.length, before.length, 'members')
    },
  })

  await harness.row('/acs/access_groups/get', accessGroups.get, {
    'reads what the site says': async () => {
      const group = await accessGroups.get({ acs_access_group_id: gym })
      equal(group.name, 'Gym', 'name')
      equal(group.acs_system_id, site.group('Gym').acs_system_id, 'system')
      equal(group.workspace_id, site.workspace.workspace_id, 'workspace')
      equal(group.is_managed, true, 'is_managed')
      equal(group.access_group_type, group.external_type, 'its old type')
      const permits = site.group('Garage Permits').acs_access_group_id
      const { display_name } = await accessGroups.get({ acs_access_group_id: permits })
      equal(display_name, 'Garage Permits 2026-2035', 'display name')
    },
    'without standing notices': async () => {
      const group = await accessGroups.get({ acs_access_group_id: gym })
      equal(
        [group.errors, group.warnings, group.pending_mutations],
        [[], [], []],
        'standing notices',
      )
    },
    'with its schedule': async () => {
      const permits = site.group('Garage Permits')
      const group = await accessGroups.get({
        acs_access_group_id: permits.acs_access_group_id,
      })
      const instants = ({ starts_at, ends_at }) =>
        [starts_at, ends_at].map((instant) => new Date(instant).getTime())
      equal(
        instants(group.access_schedule),
        instants(permits.access_schedule),
        'schedule',
      )
    },
    'an unknown one is not found': () =>
      unknown('acs_access_group_not_found', () =>
        accessGroups.get({ acs_access_group_id: UNKNOWN }),
      ),
  })

  const names = async (filter) =>
    (await accessGroups.list(filter)).map((group) => group.name)
  await harness.row('/acs/access_groups/list', accessGroups.list, {
    'all of them': async () =>
      same(await names(), site.groups.map((group) => group.name), 'groups'),
    'of a system': async () => {
      const { acs_system_id } = site.system('East')
      const expected = ['East Caretakers', 'East Residents', 'Gym', 'Pool, Summer 2025']
      same(await names({ acs_system_id }), expected, 'groups')
    },
    'of a user': async () => {
      const { acs_user_id } = site.user('Amara Okafor')
      same(await names({ acs_user_id }), ['East Residents', 'Gym'], 'groups')
    },
    'of an identity': async () => {
      const { user_identity_id } = site.identity
      const expected = ['East Caretakers', 'West Caretakers']
      same(await names({ user_identity_id }), expected, 'groups')
    },
    'by part of a name': async () => {
      const expected = ['East Residents', 'West Residents']
      same(await names({ search: 'residents' }), expected, 'groups')
      same(await names({ search: 'no such group' }), [], 'groups')
    },
  })

  const residents = site.group('East Residents')
  const { acs_access_group_id } = residents
  await harness.row('/acs/access_groups/list_users', accessGroups.listUsers, {
    'everybody, suspended or not': async () => {
      const users = await accessGroups.listUsers({ acs_access_group_id })
      same(users.map((it) => it.acs_user_id), site.membersOf(residents), 'members')
    },
    'of an unknown group is not found': () =>
      unknown('acs_access_group_not_found', () =>
        accessGroups.listUsers({ acs_access_group_id: UNKNOWN }),
      ),
  })

  await harness.row(
    '/acs/access_groups/list_accessible_entrances',
    accessGroups.listAccessibleEntrances,
    {
      'its doors': async () => {
        const doors = await accessGroups.listAccessibleEntrances({
          acs_access_group_id,
        })
        const expected = site.entrancesOf(acs_access_group_id)
        same(doors.map((it) => it.acs_entrance_id), expected, 'doors')
      },
      'of an unknown group are not found': () =>
        unknown('acs_access_group_not_found', () =>
          accessGroups.listAccessibleEntrances({ acs_access_group_id: UNKNOWN }),
        ),
    },
  )

  const unmanaged = accessGroups.unmanaged
  await harness.row('/acs/access_groups/unmanaged/get', unmanaged?.get, {
    'there are none': () =>
      unknown('acs_access_group_not_found', () =>
        unmanaged.get({ acs_access_group_id: gym }),
      ),
  })
  await harness.row('/acs/access_groups/unmanaged/list', unmanaged?.list, {
    'there are none': async () => equal(await unmanaged.list(), [], 'groups'),
  })
}
