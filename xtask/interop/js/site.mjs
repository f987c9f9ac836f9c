// What the site file says: the driver's own oracle, which the server has no part in.

import { readFileSync } from 'node:fs'

export class Site {
  #file

  constructor(path) {
    this.#file = JSON.parse(readFileSync(path, 'utf8'))
  }

  get workspace() {
    return this.#file.workspace
  }

  get entrances() {
    return this.#file.acs_entrances
  }

  get groups() {
    return this.#file.acs_access_groups
  }

  get users() {
    return this.#file.acs_users
  }

  get systems() {
    return this.#file.acs_systems
  }

  get identity() {
    return only(this.#file.user_identities, () => true)
  }

  system(part) {
    return only(this.systems, ({ name }) => name.includes(part))
  }

  group(name) {
    return only(this.groups, (group) => group.name === name)
  }

  user(name) {
    return only(this.users, (user) => user.full_name === name)
  }

  entrance(name, system) {
    return only(
      this.entrances,
      (entrance) =>
        entrance.display_name === name &&
        entrance.acs_system_id === system.acs_system_id,
    )
  }

  membersOf(group) {
    return this.#file.memberships
      .filter((it) => it.acs_access_group_id === group.acs_access_group_id)
      .map((it) => it.acs_user_id)
  }

  groupsOf(user) {
    return this.#file.memberships
      .filter((it) => it.acs_user_id === user.acs_user_id)
      .map((it) => it.acs_access_group_id)
  }

  entrancesOf(group) {
    return this.#file.group_entrances
      .filter((it) => it.acs_access_group_id === group)
      .map((it) => it.acs_entrance_id)
  }

  entrancesOfUser(user) {
    const all = this.groupsOf(user).flatMap((group) => this.entrancesOf(group))
    return [...new Set(all)]
  }
}

export const UNKNOWN = '00000000-0000-4000-8000-000000000000'

const only = (all, is) => {
  const found = all.filter(is)
  if (found.length !== 1) throw new Error(`the site file has ${found.length}`)
  return found[0]
}
