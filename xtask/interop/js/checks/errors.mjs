import { equal, refused, that } from '../harness.mjs'
import { UNKNOWN } from '../site.mjs'

// Errors come as the SDK's own classes.
export default async ({ harness, sdk, seam, connect, site }) => {
  const { accessGroups, users } = seam.acs
  const keiko = site.user('Keiko Sato').acs_user_id
  const invalid = (call) => refused(sdk.SeamHttpInvalidInputError, 400, 'invalid_input', call)

  await harness.row('error: unauthorized', sdk.SeamHttpUnauthorizedError, {
    'an unknown key': () =>
      refused(sdk.SeamHttpUnauthorizedError, 401, 'unauthorized', () =>
        connect('seam_nobody_has_this_key').acs.users.get({ acs_user_id: keiko }),
      ),
  })

  await harness.row('error: invalid input', sdk.SeamHttpInvalidInputError, {
    'an id that is none': async () => {
      await invalid(() => users.get({ acs_user_id: 'not an id' }))
      await invalid(() =>
        accessGroups.addUser({ acs_user_id: 'not an id', acs_access_group_id: UNKNOWN }),
      )
    },
    'both a user and an identity': () =>
      invalid(() =>
        accessGroups.addUser({
          acs_user_id: keiko,
          user_identity_id: site.identity.user_identity_id,
          acs_access_group_id: site.group('Gym').acs_access_group_id,
        }),
      ),
    'neither': () =>
      invalid(() =>
        accessGroups.addUser({
          acs_access_group_id: site.group('Gym').acs_access_group_id,
        }),
      ),
    'a limit of nothing': () => invalid(() => users.list({ limit: 0 })),
  })

  const { getValidationErrorMessages } = sdk.SeamHttpInvalidInputError.prototype
  await harness.row('error: a message for each field', getValidationErrorMessages, {
    'in the query': async () => {
      const error = await invalid(() => users.get({ acs_user_id: 'not an id' }))
      equal(error.getValidationErrorMessages('acs_user_id'), ['Invalid uuid'], 'messages')
      equal(error.getValidationErrorMessages('acs_system_id'), [], 'messages')
    },
    'in the body': async () => {
      const error = await invalid(() =>
        accessGroups.addUser({ acs_user_id: 'no id', acs_access_group_id: 'no id either' }),
      )
      for (const field of ['acs_user_id', 'acs_access_group_id']) {
        equal(error.getValidationErrorMessages(field), ['Invalid uuid'], field)
      }
      that(error.message.includes('acs_access_group_id'), 'the message names the field')
    },
    'of an e-mail address': async () => {
      const error = await invalid(() =>
        users.create({
          acs_system_id: site.system('East').acs_system_id,
          full_name: 'Nobody',
          email_address: 'nowhere',
        }),
      )
      equal(error.getValidationErrorMessages('email_address'), ['Invalid email'], 'messages')
    },
  })

  await harness.row('error: not found', sdk.SeamHttpApiError, {
    'with code and request id, another one each time': async () => {
      const look = () =>
        refused(sdk.SeamHttpApiError, 404, 'acs_user_not_found', () =>
          users.get({ acs_user_id: UNKNOWN }),
        )
      const [one, two] = [await look(), await look()]
      that(one.requestId !== two.requestId, 'each request has an id of its own')
      that(!(one instanceof sdk.SeamHttpInvalidInputError), 'it is no invalid input')
    },
  })
}
