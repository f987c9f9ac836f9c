import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

export default async ({ harness, sdk, seam, site }) => {
  const { userIdentities: identities } = seam
  const { users } = seam.acs
  const [east, west] = [site.system('East'), site.system('West')]
  const { user_identity_id } = site.identity
  const unknown = (call) =>
    refused(sdk.SeamHttpApiError, 404, 'user_identity_not_found', call)
  const someone = (full_name, system = west) =>
    users.create({ acs_system_id: system.acs_system_id, full_name })
  const usersOf = async (identity) =>
    (await identities.listAcsUsers({ user_identity_id: identity })).map((it) => it.acs_user_id)

  await harness.row('/user_identities/create', identities.create, {
    'with everything': async () => {
      const wanted = {
        user_identity_key: 'rosalind',
        full_name: 'Rosalind Franklin',
        email_address: 'rosalind@example.com',
        phone_number: '+442071234567',
      }
      const made = await identities.create({ ...wanted, acs_system_ids: [east.acs_system_id] })
      for (const [key, value] of Object.entries(wanted)) equal(made[key], value, key)
      const user = await users.get({
        user_identity_id: made.user_identity_id,
        acs_system_id: east.acs_system_id,
      })
      equal(user.full_name, 'Rosalind Franklin', "her user's name")
      equal(user.user_identity_id, made.user_identity_id, 'the link')
      const read = await identities.get({ user_identity_id: made.user_identity_id })
      equal(read.acs_user_ids, [user.acs_user_id], 'the link, from the other side')
    },
    'with nothing': async () => {
      const made = await identities.create({})
      const read = await identities.get({ user_identity_id: made.user_identity_id })
      equal([read.full_name, read.email_address], [null, null], 'name and address')
    },
    'a key belongs to one': async () => {
      const error = await identities.create({ user_identity_key: 'caretaker' }).then(
        () => null,
        (thrown) => thrown,
      )
      that(error instanceof sdk.SeamHttpApiError, 'a second one with that key is refused')
      that(error.statusCode >= 400 && error.statusCode < 500, `${error.statusCode} is 4xx`)
    },
  })

  await harness.row('/user_identities/get', identities.get, {
    'by id': async () => {
      const read = await identities.get({ user_identity_id })
      for (const key of ['full_name', 'email_address', 'phone_number', 'user_identity_key']) {
        equal(read[key], site.identity[key], key)
      }
      equal([read.errors, read.warnings], [[], []], 'standing notices')
    },
    'by key': async () => {
      const read = await identities.get({ user_identity_key: 'caretaker' })
      equal(read.user_identity_id, user_identity_id, 'identity')
    },
    'an unknown one is not found': async () => {
      await unknown(() => identities.get({ user_identity_id: UNKNOWN }))
      await unknown(() => identities.get({ user_identity_key: 'no such key' }))
    },
  })

  await harness.row('/user_identities/list', identities.list, {
    'all of them': async () => {
      const all = await identities.list()
      that(all.some((it) => it.user_identity_id === user_identity_id), 'the caretaker is there')
    },
    'by part of a name': async () => {
      const found = await identities.list({ search: 'kowalska' })
      same(found.map((it) => it.user_identity_id), [user_identity_id], 'identities')
    },
  })

  await harness.row('/user_identities/update', identities.update, {
    'changes what it names and nothing else': async () => {
      const { user_identity_id } = await identities.create({
        full_name: 'Lise Meitner',
        phone_number: '+431234567',
      })
      await identities.update({ user_identity_id, full_name: 'L. Meitner' })
      const { full_name, phone_number } = await identities.get({ user_identity_id })
      equal([full_name, phone_number], ['L. Meitner', '+431234567'], 'identity')
    },
    'clears with null': async () => {
      const { user_identity_id } = await identities.create({
        full_name: 'Otto Hahn',
        email_address: 'otto@example.com',
      })
      await identities.update({ user_identity_id, email_address: null })
      const { full_name, email_address } = await identities.get({ user_identity_id })
      equal([full_name, email_address], ['Otto Hahn', null], 'identity')
    },
    'an unknown one is not found': () =>
      unknown(() => identities.update({ user_identity_id: UNKNOWN, full_name: 'Nobody' })),
  })

  await harness.row('/user_identities/delete', identities.delete, {
    'takes its users along': async () => {
      const made = await identities.create({
        full_name: 'Emmy Noether',
        acs_system_ids: [west.acs_system_id],
      })
      const { user_identity_id } = made
      const [acs_user_id] = await usersOf(user_identity_id)
      await identities.delete({ user_identity_id })
      await unknown(() => identities.get({ user_identity_id }))
      await refused(sdk.SeamHttpApiError, 404, 'acs_user_not_found', () =>
        users.get({ acs_user_id }),
      )
    },
  })

  await harness.row('/user_identities/add_acs_user', identities.addAcsUser, {
    'links': async () => {
      const { user_identity_id } = await identities.create({ full_name: 'Chien-Shiung Wu' })
      const { acs_user_id } = await someone('C. S. Wu')
      await identities.addAcsUser({ user_identity_id, acs_user_id })
      await identities.addAcsUser({ user_identity_id, acs_user_id })
      same(await usersOf(user_identity_id), [acs_user_id], 'users')
      const user = await users.get({ acs_user_id })
      equal(user.user_identity_id, user_identity_id, 'identity')
      equal(user.user_identity_full_name, 'Chien-Shiung Wu', "identity's name")
    },
    'of an unknown user is not found': () =>
      refused(sdk.SeamHttpApiError, 404, 'acs_user_not_found', () =>
        identities.addAcsUser({ user_identity_id, acs_user_id: UNKNOWN }),
      ),
  })

  await harness.row('/user_identities/remove_acs_user', identities.removeAcsUser, {
    'ends the link, and both stay': async () => {
      const { user_identity_id } = await identities.create({ full_name: 'Maria Mayer' })
      const { acs_user_id } = await someone('M. Mayer')
      await identities.addAcsUser({ user_identity_id, acs_user_id })
      await identities.removeAcsUser({ user_identity_id, acs_user_id })
      same(await usersOf(user_identity_id), [], 'users')
      equal((await users.get({ acs_user_id })).user_identity_id ?? null, null, 'identity')
    },
  })

  const marta = site.users.filter((user) => user.user_identity_id)
  await harness.row('/user_identities/list_acs_users', identities.listAcsUsers, {
    'those of all systems': async () =>
      same(await usersOf(user_identity_id), marta.map((user) => user.acs_user_id), 'users'),
    'of an unknown identity are not found': () => unknown(() => usersOf(UNKNOWN)),
  })

  await harness.row('/user_identities/list_acs_systems', identities.listAcsSystems, {
    'those that know the person': async () => {
      const systems = await identities.listAcsSystems({ user_identity_id })
      const expected = marta.map((user) => user.acs_system_id)
      same(systems.map((it) => it.acs_system_id), expected, 'systems')
    },
    'of an unknown identity are not found': () =>
      unknown(() => identities.listAcsSystems({ user_identity_id: UNKNOWN })),
  })

  const doors = identities.listAccessibleEntrances
  await harness.row('/user_identities/list_accessible_entrances', doors, {
    'those of all their users': async () => {
      const found = await identities.listAccessibleEntrances({ user_identity_id })
      const ids = found.map((it) => it.acs_entrance_id)
      const expected = marta.flatMap((user) => site.entrancesOfUser(user))
      that(expected.every((id) => ids.includes(id)), 'every door of a group is there')
      equal(new Set(ids).size, ids.length, 'each once')
    },
    'of an unknown identity are not found': () =>
      unknown(() => identities.listAccessibleEntrances({ user_identity_id: UNKNOWN })),
  })
}
