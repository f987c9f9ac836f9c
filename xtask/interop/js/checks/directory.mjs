import { equal, refused, same, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

export default async ({ harness, sdk, seam, site }) => {
  const { entrances, systems, users } = seam.acs
  const east = site.system('East')
  const west = site.system('West')
  const unknown = (code, call) => refused(sdk.SeamHttpApiError, 404, code, call)
  const doorsOf = async (acs_user_id) =>
    (await users.listAccessibleEntrances({ acs_user_id })).map((it) => it.acs_entrance_id)

  await harness.row('/acs/entrances/get', entrances.get, {
    'reads what the site says': async () => {
      const roof = site.entrance('Roof Terrace', east)
      const read = await entrances.get({ acs_entrance_id: roof.acs_entrance_id })
      equal(read.display_name, 'Roof Terrace', 'name')
      equal(read.acs_system_id, east.acs_system_id, 'system')
      equal(read.connected_account_id, east.connected_account_id, 'account')
      equal([read.errors, read.warnings, read.space_ids], [[], [], []], 'arrays')
    },
    'says how it is unlocked': async () => {
      const roof = site.entrance('Roof Terrace', east)
      const read = await entrances.get({ acs_entrance_id: roof.acs_entrance_id })
      for (const by of ['card', 'code', 'mobile_key']) {
        const key = `can_unlock_with_${by}`
        equal(read[key] ?? null, roof[key] ?? null, key)
      }
    },
    'an unknown one is not found': () =>
      unknown('acs_entrance_not_found', () => entrances.get({ acs_entrance_id: UNKNOWN })),
  })

  const ids = async (filter) => (await entrances.list(filter)).map((it) => it.acs_entrance_id)
  const idsOf = (rows) => rows.map((it) => it.acs_entrance_id)
  await harness.row('/acs/entrances/list', entrances.list, {
    'all of them': async () => same(await ids(), idsOf(site.entrances), 'doors'),
    'of a system': async () => {
      const { acs_system_id } = west
      const expected = site.entrances.filter((it) => it.acs_system_id === acs_system_id)
      same(await ids({ acs_system_id }), idsOf(expected), 'doors')
    },
    'by part of a name': async () =>
      same(await ids({ search: 'boiler' }), idsOf([site.entrance('Boiler Room', west)]), 'doors'),
    'of an account': async () => {
      const { connected_account_id, acs_system_id } = east
      const expected = site.entrances.filter((it) => it.acs_system_id === acs_system_id)
      same(await ids({ connected_account_id }), idsOf(expected), 'doors')
    },
  })

  await harness.row('/acs/entrances/grant_access', entrances.grantAccess, {
    'opens it to a user, without a membership': async () => {
      const { acs_system_id } = west
      const { acs_user_id } = await users.create({ acs_system_id, full_name: 'Joan Clarke' })
      const { acs_entrance_id } = site.entrance('Loading Dock', west)
      await entrances.grantAccess({ acs_user_id, acs_entrance_id })
      await entrances.grantAccess({ acs_user_id, acs_entrance_id })
      same(await doorsOf(acs_user_id), [acs_entrance_id], 'doors')
      equal(await seam.acs.accessGroups.list({ acs_user_id }), [], 'groups')
    },
    'opens it to an identity': async () => {
      const { user_identity_id } = site.identity
      const { acs_entrance_id } = site.entrance('Roof Terrace', east)
      await entrances.grantAccess({ user_identity_id, acs_entrance_id })
      const marta = await users.get({ user_identity_id, acs_system_id: east.acs_system_id })
      that((await doorsOf(marta.acs_user_id)).includes(acs_entrance_id), 'the grant counts')
    },
    'of an unknown entrance is not found': () =>
      unknown('acs_entrance_not_found', () =>
        entrances.grantAccess({
          acs_user_id: site.user('Keiko Sato').acs_user_id,
          acs_entrance_id: UNKNOWN,
        }),
      ),
  })

  await harness.row('/acs/systems/get', systems.get, {
    'reads what the site says': async () => {
      const read = await systems.get({ acs_system_id: east.acs_system_id })
      for (const key of ['name', 'external_type', 'connected_account_id', 'location']) {
        equal(read[key], east[key], key)
      }
      equal(read.connected_account_ids, [east.connected_account_id], 'its old accounts')
      equal(read.system_type, read.external_type, 'its old type')
      equal(read.workspace_id, site.workspace.workspace_id, 'workspace')
    },
    'an unknown one is not found': () =>
      unknown('acs_system_not_found', () => systems.get({ acs_system_id: UNKNOWN })),
  })

  const names = async (filter) => (await systems.list(filter)).map((it) => it.name)
  await harness.row('/acs/systems/list', systems.list, {
    'all of them': async () => same(await names(), site.systems.map((it) => it.name), 'systems'),
    'by part of a name': async () => same(await names({ search: 'west' }), [west.name], 'systems'),
    'of an account': async () => {
      const { connected_account_id } = east
      same(await names({ connected_account_id }), [east.name], 'systems')
    },
  })

  await harness.row('/workspaces/get', seam.workspaces.get, {
    'the one of the key': async () => {
      const { workspace_id, name, company_name, is_sandbox } = await seam.workspaces.get()
      equal({ workspace_id, name, company_name, is_sandbox }, expected(site.workspace), 'workspace')
    },
  })
}

const expected = ({ workspace_id, name, company_name, is_sandbox }) => ({
  workspace_id,
  name,
  company_name,
  is_sandbox,
})
