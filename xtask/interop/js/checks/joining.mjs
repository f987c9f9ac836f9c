import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

// Membership beyond one call: suspended users, systems, identities.
export default async ({ harness, sdk, seam, site }) => {
  const { accessGroups, users } = seam.acs
  const { userIdentities: identities } = seam
  const { addUser } = accessGroups
  const [east, west] = [site.system('East'), site.system('West')]
  const bikes = site.group('Bike Room').acs_access_group_id
  const members = async (acs_access_group_id) =>
    (await accessGroups.listUsers({ acs_access_group_id })).map((it) => it.acs_user_id)

  await harness.row('suspended users join, stay and leave', addUser, {
    'like any others': async () => {
      const samuel = site.user('Samuel Adeyemi').acs_user_id
      const pair = { acs_user_id: samuel, acs_access_group_id: bikes }
      await accessGroups.addUser(pair)
      that((await members(bikes)).includes(samuel), 'he is a member')
      equal((await users.get({ acs_user_id: samuel })).is_suspended, true, 'suspended')
      await accessGroups.removeUser(pair)
      that(!(await members(bikes)).includes(samuel), 'he is no member')
    },
  })

  await harness.row('user and group of two systems', addUser, {
    'are refused': async () => {
      const stranger = site.user('Keiko Sato').acs_user_id
      const pair = { acs_user_id: stranger, acs_access_group_id: bikes }
      await refused(sdk.SeamHttpApiError, 400, 'invalid_input', () => accessGroups.addUser(pair))
      that(!(await members(bikes)).includes(stranger), 'she is no member')
    },
  })

  await harness.row('an identity joins as its user', addUser, {
    'and leaves as them': async () => {
      const { user_identity_id } = site.identity
      const [marta] = site.users.filter(
        (user) => user.user_identity_id && user.acs_system_id === west.acs_system_id,
      )
      const pair = { user_identity_id, acs_access_group_id: bikes }
      await accessGroups.addUser(pair)
      that((await members(bikes)).includes(marta.acs_user_id), 'she is a member')
      await accessGroups.removeUser(pair)
      that(!(await members(bikes)).includes(marta.acs_user_id), 'she is no member')
    },
    'an unknown one is not found': () =>
      refused(sdk.SeamHttpApiError, 404, 'user_identity_not_found', () =>
        accessGroups.addUser({ user_identity_id: UNKNOWN, acs_access_group_id: bikes }),
      ),
  })

  await harness.row('an identity is linked when it joins', addUser, {
    'by e-mail address': async () => {
      const email_address = 'hedy@example.com'
      const { acs_user_id } = await users.create({
        acs_system_id: west.acs_system_id,
        full_name: 'H. Lamarr',
        email_address,
      })
      const { user_identity_id } = await identities.create({ email_address })
      await accessGroups.addUser({ user_identity_id, acs_access_group_id: bikes })
      that((await members(bikes)).includes(acs_user_id), 'she is a member')
      const user = await users.get({ acs_user_id })
      equal(user.user_identity_id, user_identity_id, 'identity')
    },
    'by phone number': async () => {
      const phone_number = '+15555550177'
      const { acs_user_id } = await users.create({
        acs_system_id: east.acs_system_id,
        full_name: 'R. Levi-Montalcini',
        phone_number,
      })
      const { user_identity_id } = await identities.create({ phone_number })
      const acs_access_group_id = site.group('Gym').acs_access_group_id
      await accessGroups.addUser({ user_identity_id, acs_access_group_id })
      that((await members(acs_access_group_id)).includes(acs_user_id), 'she is a member')
    },
  })

  await harness.row('an identity gets a user when it joins', addUser, {
    'if nobody is like it': async () => {
      const { user_identity_id } = await identities.create({ full_name: 'Vera Rubin' })
      await accessGroups.addUser({ user_identity_id, acs_access_group_id: bikes })
      const [user, ...more] = await users.list({ user_identity_id })
      equal(more, [], 'further users')
      equal([user.full_name, user.acs_system_id], ['Vera Rubin', west.acs_system_id], 'user')
      that((await members(bikes)).includes(user.acs_user_id), 'she is a member')
    },
    'leaving makes none': async () => {
      const { user_identity_id } = await identities.create({ full_name: 'Jocelyn Bell' })
      await accessGroups.removeUser({ user_identity_id, acs_access_group_id: bikes })
      same(await users.list({ user_identity_id }), [], 'users')
    },
  })
}
