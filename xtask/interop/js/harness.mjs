// Rows, checks and assertions; what xtask reads is one line of JSON for each check.

export class Harness {
  #lines = 0
  #sent = 'nothing was sent'

  // The first line: which SDK drives, so that xtask can hold it to the pin.
  hello(sdk, version) {
    this.#write({ sdk, version, runtime: `node ${process.version}` })
  }

  // The last line: without it, or with another count, the driver died early.
  goodbye() {
    this.#write({ checks: this.#lines })
  }

  // One row of the table. `method` is the SDK's, so that a row it lacks says so by itself.
  async row(row, method, checks) {
    if (typeof method !== 'function') {
      this.#lines += 1
      this.#write({ row, lacks: true })
      return
    }
    for (const [check, body] of Object.entries(checks)) {
      this.#sent = 'nothing was sent'
      const failure = await body().then(() => null, this.#describe)
      this.#lines += 1
      this.#write({ row, check, ok: failure === null, detail: failure ?? '' })
    }
  }

  // Remembers the last request of a client, to be told when a check fails.
  watch(client) {
    client.interceptors.request.use((request) => {
      const { method, url, params, data } = request
      const fields = JSON.stringify(params ?? data ?? null)
      this.#sent = `${method.toUpperCase()} ${url} ${fields}`
      return request
    })
  }

  #describe = (error) => {
    const { name, message, statusCode, code, requestId, response } = error
    const about = [
      `${name}: ${message}`,
      statusCode && `status ${statusCode}, code ${code}, request ${requestId}`,
      response && `answer ${response.status} ${JSON.stringify(response.data)}`,
      `last request: ${this.#sent}`,
    ]
    return about.filter(Boolean).join('; ')
  }

  #write(line) {
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
}

export const that = (holds, what) => {
  if (!holds) throw new Error(`it does not hold that ${what}`)
}

export const equal = (actual, expected, what) => {
  const [a, e] = [actual, expected].map((value) => JSON.stringify(value))
  if (a !== e) throw new Error(`${what}: ${e} expected, ${a} found`)
}

// The same rows in any order, each once.
export const same = (actual, expected, what) =>
  equal([...actual].sort(), [...expected].sort(), what)

// The call must fail, as the SDK's class `kind`, with status, code and request id.
export const refused = async (kind, status, code, call) => {
  const error = await call().then(() => null, (thrown) => thrown)
  that(error !== null, `the call is refused with ${status} ${code}`)
  if (!(error instanceof kind)) throw error
  equal([error.statusCode, error.code], [status, code], 'status and code')
  that(error.requestId?.length > 0, 'the error has a request id')
  return error
}
