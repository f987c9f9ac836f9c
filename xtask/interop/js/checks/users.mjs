import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

export default async ({ harness, sdk, seam, site }) => {
  const { accessGroups, users } = seam.acs
  const { acs_system_id } = site.system('East')
  const gym = site.group('Gym').acs_access_group_id
  const keiko = site.user('Keiko Sato').acs_user_id
  const { user_identity_id } = site.identity
  const marta = { user_identity_id, acs_system_id }
  const martaId = site.users.find(
    (user) => user.user_identity_id && user.acs_system_id === acs_system_id,
  ).acs_user_id
  const unknown = (call) =>
    refused(sdk.SeamHttpApiError, 404, 'acs_user_not_found', call)
  const groupsOf = async (acs_user_id) =>
    (await accessGroups.list({ acs_user_id })).map((it) => it.acs_access_group_id)
  const someone = (full_name, more = {}) =>
    users.create({ acs_system_id, full_name, ...more })

  await harness.row('/acs/users/add_to_access_group', users.addToAccessGroup, {
    'makes a member': async () => {
      same(await groupsOf(keiko), [], 'groups before')
      await users.addToAccessGroup({ acs_user_id: keiko, acs_access_group_id: gym })
      same(await groupsOf(keiko), [gym], 'groups')
    },
    'an unknown user is not found': () =>
      unknown(() =>
        users.addToAccessGroup({ acs_user_id: UNKNOWN, acs_access_group_id: gym }),
      ),
  })

  await harness.row('/acs/users/remove_from_access_group', users.removeFromAccessGroup, {
    'ends the membership': async () => {
      const pair = { acs_user_id: keiko, acs_access_group_id: gym }
      await users.addToAccessGroup(pair)
      await users.removeFromAccessGroup(pair)
      same(await groupsOf(keiko), [], 'groups')
    },
    'by identity': async () => {
      await users.addToAccessGroup({ acs_user_id: martaId, acs_access_group_id: gym })
      that((await groupsOf(martaId)).includes(gym), 'she is a member')
      await users.removeFromAccessGroup({ user_identity_id, acs_access_group_id: gym })
      that(!(await groupsOf(martaId)).includes(gym), 'she is no member')
    },
  })

  await harness.row('/acs/users/create', users.create, {
    'with everything': async () => {
      const access_schedule = {
        starts_at: '2026-01-01T00:00:00.000Z',
        ends_at: '2036-01-01T00:00:00.000Z',
      }
      const made = await someone('Ada Lovelace', {
        email_address: 'ada@example.com',
        phone_number: '+15555550100',
        acs_access_group_ids: [gym],
        access_schedule,
      })
      const read = await users.get({ acs_user_id: made.acs_user_id })
      equal(read, made, 'the user as created and as read')
      equal(read.full_name, 'Ada Lovelace', 'name')
      equal([read.email_address, read.email], ['ada@example.com', 'ada@example.com'], 'e-mail')
      equal(read.phone_number, '+15555550100', 'phone')
      equal(new Date(read.access_schedule.ends_at).toJSON(), access_schedule.ends_at, 'end')
      equal(read.workspace_id, site.workspace.workspace_id, 'workspace')
      same(await groupsOf(made.acs_user_id), [gym], 'groups')
    },
    'with a name only': async () => {
      const made = await someone('Grace Hopper')
      equal((await users.get({ acs_user_id: made.acs_user_id })).full_name, 'Grace Hopper', 'name')
      same(await groupsOf(made.acs_user_id), [], 'groups')
    },
    'in an unknown system is not found': () =>
      refused(sdk.SeamHttpApiError, 404, 'acs_system_not_found', () =>
        users.create({ acs_system_id: UNKNOWN, full_name: 'Nobody' }),
      ),
  })

  await harness.row('/acs/users/get', users.get, {
    'reads what the site says': async () => {
      const chloe = site.user('Chloe Nguyen')
      const user = await users.get({ acs_user_id: chloe.acs_user_id })
      for (const key of ['full_name', 'email_address', 'phone_number', 'external_type']) {
        equal(user[key], chloe[key], key)
      }
      equal(user.is_managed, true, 'is_managed')
      equal([user.errors, user.warnings], [[], []], 'standing notices')
      that(user.last_successful_sync_at !== undefined, 'it says when it was synced')
    },
    'by identity and system': async () =>
      equal((await users.get(marta)).acs_user_id, martaId, 'user'),
    'an unknown one is not found': () =>
      unknown(() => users.get({ acs_user_id: UNKNOWN })),
  })

  const ids = async (filter) => (await users.list(filter)).map((it) => it.acs_user_id)
  const idsOf = (rows) => rows.map((it) => it.acs_user_id)
  await harness.row('/acs/users/list', users.list, {
    'everybody': async () => {
      const all = await ids()
      that(
        site.users.every((user) => all.includes(user.acs_user_id)),
        'everybody of the site is there',
      )
    },
    'of a system': async () => {
      const west = site.system('West').acs_system_id
      const expected = site.users.filter((user) => user.acs_system_id === west)
      same(await ids({ acs_system_id: west }), idsOf(expected), 'users')
    },
    'of an identity': async () => {
      const expected = site.users.filter((user) => user.user_identity_id)
      same(await ids({ user_identity_id }), idsOf(expected), 'users')
      const { email_address } = site.identity
      same(await ids({ user_identity_email_address: email_address }), idsOf(expected), 'users')
    },
    'by part of a name': async () =>
      same(await ids({ search: 'tanaka' }), [site.user('Hiroshi Tanaka').acs_user_id], 'users'),
    'at most so many': async () => equal((await ids({ limit: 3 })).length, 3, 'users'),
  })

  const setSchedule = async (acs_user_id) => {
    const access_schedule = { starts_at: '2026-06-01T00:00:00.000Z', ends_at: END }
    await users.update({ acs_user_id, access_schedule })
    const user = await users.get({ acs_user_id })
    return new Date(user.access_schedule.ends_at).toJSON()
  }
  await harness.row('/acs/users/update', users.update, {
    'changes what it names and nothing else': async () => {
      const { acs_user_id } = await someone('Edith Clarke', { phone_number: '+15555550101' })
      await users.update({ acs_user_id, full_name: 'Edith C.', email_address: 'edith@example.com' })
      const user = await users.get({ acs_user_id })
      const { full_name, email_address, phone_number } = user
      equal(
        { full_name, email_address, phone_number },
        {
          full_name: 'Edith C.',
          email_address: 'edith@example.com',
          phone_number: '+15555550101',
        },
        'user',
      )
    },
    'sets a schedule': async () => {
      const { acs_user_id } = await someone('Mary Jackson')
      equal(await setSchedule(acs_user_id), END, 'end')
    },
    'clears a schedule with null': async () => {
      const { acs_user_id } = await someone('Katherine Johnson')
      await setSchedule(acs_user_id)
      await users.update({ acs_user_id, access_schedule: null })
      const cleared = await users.get({ acs_user_id })
      equal(cleared.access_schedule ?? null, null, 'schedule')
    },
    'by identity and system': async () => {
      await users.update({ ...marta, phone_number: '+14165550199' })
      equal((await users.get(marta)).phone_number, '+14165550199', 'phone')
    },
    'an unknown one is not found': () =>
      unknown(() => users.update({ acs_user_id: UNKNOWN, full_name: 'Nobody' })),
  })

  const suspension = async (user, call) => {
    await call.call(users, user)
    return (await users.get(user)).is_suspended ?? false
  }
  await harness.row('/acs/users/suspend', users.suspend, {
    'shows, and membership stays': async () => {
      const { acs_user_id } = await someone('Annie Easley', { acs_access_group_ids: [gym] })
      equal(await suspension({ acs_user_id }, users.suspend), true, 'suspended')
      equal(await suspension({ acs_user_id }, users.suspend), true, 'suspended twice')
      same(await groupsOf(acs_user_id), [gym], 'groups')
    },
    'by identity and system': async () => {
      equal(await suspension(marta, users.suspend), true, 'suspended')
      await users.unsuspend(marta)
    },
    'an unknown one is not found': () =>
      unknown(() => users.suspend({ acs_user_id: UNKNOWN })),
  })
  await harness.row('/acs/users/unsuspend', users.unsuspend, {
    'ends it': async () => {
      const { acs_user_id } = site.user('Farid Haddad')
      equal((await users.get({ acs_user_id })).is_suspended, true, 'suspended before')
      equal(await suspension({ acs_user_id }, users.unsuspend), false, 'suspended')
      equal(await suspension({ acs_user_id }, users.unsuspend), false, 'suspended')
      await users.suspend({ acs_user_id })
    },
    'an unknown one is not found': () =>
      unknown(() => users.unsuspend({ acs_user_id: UNKNOWN })),
  })

  const doorsOf = async (user) =>
    (await users.listAccessibleEntrances(user)).map((it) => it.acs_entrance_id)
  await harness.row('/acs/users/list_accessible_entrances', users.listAccessibleEntrances, {
    'those of all groups, each once': async () => {
      const amara = site.user('Amara Okafor')
      const doors = await doorsOf({ acs_user_id: amara.acs_user_id })
      same(doors, site.entrancesOfUser(amara), 'doors')
    },
    'by identity and system': async () =>
      same(await doorsOf(marta), site.entrancesOfUser({ acs_user_id: martaId }), 'doors'),
    'of an unknown user are not found': () =>
      unknown(() => doorsOf({ acs_user_id: UNKNOWN })),
  })

  await harness.row('/acs/users/revoke_access_to_all_entrances', users.revokeAccessToAllEntrances, {
    'ends memberships and grants': async () => {
      const { acs_user_id } = await someone('Dorothy Vaughan', { acs_access_group_ids: [gym] })
      const { acs_entrance_id } = site.entrance('Laundry', { acs_system_id })
      await seam.acs.entrances.grantAccess({ acs_user_id, acs_entrance_id })
      that((await doorsOf({ acs_user_id })).includes(acs_entrance_id), 'the grant counts')
      await users.revokeAccessToAllEntrances({ acs_user_id })
      same(await doorsOf({ acs_user_id }), [], 'doors')
      same(await groupsOf(acs_user_id), [], 'groups')
    },
    'of an unknown user is not found': () =>
      unknown(() => users.revokeAccessToAllEntrances({ acs_user_id: UNKNOWN })),
  })

  const { unmanaged } = users
  await harness.row('/acs/users/unmanaged/get', unmanaged?.get, {
    'there are none': () => unknown(() => unmanaged.get({ acs_user_id: keiko })),
  })
  await harness.row('/acs/users/unmanaged/list', unmanaged?.list, {
    'there are none': async () => equal(await unmanaged.list(), [], 'users'),
  })
}

const END = '2036-06-01T00:00:00.000Z'
