import { equal, refused, that } from '../harness.mjs'

// The SDK's paginators: several pages, nothing twice, nothing left out.
export default async ({ harness, sdk, seam }) => {
  const { entrances, users } = seam.acs
  const { userIdentities: identities } = seam

  const walk = async (list, limit, key, filter = {}) => {
    const ids = (rows) => rows.map((row) => row[key])
    const pages = () => seam.createPaginator(list({ ...filter, limit }))
    const whole = ids(await list({ ...filter, limit: 10_000 }))
    that(whole.length > 2 * limit, `${whole.length} rows are more than two pages`)
    equal(new Set(whole).size, whole.length, 'rows, each once')

    equal(ids(await pages().flattenToArray()), whole, 'all pages at once')
    const one = []
    for await (const row of pages().flatten()) one.push(row[key])
    equal(one, whole, 'row by row')
    const sizes = []
    for await (const page of pages()) sizes.push(page.length)
    equal(sizes.length, Math.ceil(whole.length / limit), 'pages')
    that(sizes.every((size) => size <= limit), `no page is longer than ${limit}`)

    const [first, { hasNextPage, nextPageCursor }] = await pages().firstPage()
    equal([ids(first), hasNextPage], [whole.slice(0, limit), true], 'first page')
    const [second] = await pages().nextPage(nextPageCursor)
    equal(ids(second), whole.slice(limit, 2 * limit), 'second page')
  }

  await harness.row('paginator: users', seam.createPaginator, {
    'everybody': () => walk((it) => users.list(it), 7, 'acs_user_id'),
    'with a filter': () =>
      walk((it) => users.list(it), 3, 'acs_user_id', { search: 'example.com' }),
    'one page is enough': async () => {
      const [, pagination] = await seam.createPaginator(users.list({ limit: 10_000 })).firstPage()
      equal(
        pagination,
        { hasNextPage: false, nextPageCursor: null, nextPageUrl: null },
        'pagination',
      )
    },
  })

  await harness.row('paginator: entrances', seam.createPaginator, {
    'all of them': () => walk((it) => entrances.list(it), 5, 'acs_entrance_id'),
  })

  await harness.row('paginator: identities', seam.createPaginator, {
    'all of them': async () => {
      for (const full_name of ['Io', 'Europa', 'Ganymede', 'Callisto', 'Amalthea']) {
        await identities.create({ full_name })
      }
      await walk((it) => identities.list(it), 2, 'user_identity_id')
    },
  })

  await harness.row('a cursor belongs to its question', seam.createPaginator, {
    'with another limit or filter it is refused': async () => {
      const [, { nextPageCursor }] = await seam.createPaginator(users.list({ limit: 2 })).firstPage()
      for (const other of [{ limit: 3 }, { limit: 2, search: 'a' }]) {
        await refused(sdk.SeamHttpApiError, 400, 'mismatched_page_parameters', () =>
          seam.createPaginator(users.list(other)).nextPage(nextPageCursor),
        )
      }
    },
  })
}
