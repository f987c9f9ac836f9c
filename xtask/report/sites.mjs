// The sites and rosters that the report is shown with: three groups with difficult names, and two
// hundred with ten thousand changes.

/** An id of this kind: the same number gives the same id. */
const id = (kind, number) =>
  `${kind.padEnd(8, '0')}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

const created_at = '2026-01-05T09:00:00Z';

/** A site in the making, and a roster beside it. */
class Site {
  #systems = [];
  #users = [];
  #groups = [];
  #entrances = [];
  #held = [];
  #memberships = [];
  #rows = [];

  system(name, time_zone) {
    const acs_system_id = id('5a', this.#systems.length);
    this.#systems.push({ acs_system_id, name, created_at, location: { time_zone } });
    return acs_system_id;
  }

  door(acs_system_id, display_name) {
    const acs_entrance_id = id('ed', this.#entrances.length);
    this.#entrances.push({ acs_entrance_id, acs_system_id, display_name, created_at });
    return acs_entrance_id;
  }

  group(acs_system_id, name, doors, access_schedule) {
    const acs_access_group_id = id('60', this.#groups.length);
    this.#groups.push({ acs_access_group_id, acs_system_id, name, created_at, access_schedule });
    this.#held.push(...doors.map(acs_entrance_id => ({ acs_access_group_id, acs_entrance_id })));
    return acs_access_group_id;
  }

  user(acs_system_id, full_name, email_address) {
    const acs_user_id = id('a1', this.#users.length);
    this.#users.push({ acs_user_id, acs_system_id, full_name, email_address, created_at });
    return acs_user_id;
  }

  member(acs_user_id, ...groups) {
    this.#memberships.push(...groups.map(group => ({ acs_user_id, acs_access_group_id: group })));
  }

  /** A membership that has not propagated: it waits for the start of the user's own schedule. */
  pendingMember(acs_user_id, group) {
    this.member(acs_user_id, group);
    const user = this.#users.find(user => user.acs_user_id === acs_user_id);
    user.access_schedule = { starts_at: '2999-01-01T00:00:00Z', ends_at: null };
    user.pending_mutations = [{
      mutation_code: 'deferring_group_membership_update', variant: 'adding', created_at, message: '',
      acs_access_group_id: group,
    }];
  }

  row(user, group, mode, note = '', until = '') {
    this.#rows.push([user, group, mode, until, note]);
  }

  site() {
    return JSON.stringify({
      workspace: {
        workspace_id: id('77', 1), name: 'Maple Court', company_name: 'Maple Court Housing',
        is_sandbox: true,
      },
      acs_systems: this.#systems, acs_users: this.#users, acs_access_groups: this.#groups,
      acs_entrances: this.#entrances, group_entrances: this.#held, memberships: this.#memberships,
    });
  }

  roster() {
    const cell = text => `"${text.replaceAll('"', '""')}"`;
    const lines = [['user', 'group', 'mode', 'until', 'note'], ...this.#rows];
    return lines.map(row => row.map(cell).join(',') + '\n').join('');
  }
}

/** Names that a page must show as text. Each would set the title, if anything of it were run. */
export const HOSTILE = [
  '<img src=x onerror="document.title=\'owned\'">',
  '</script><script>document.title="owned"</script>',
  '</style><style>*{display:none}</style>',
  '\u202etxt.exe \u200fmarked',
  '"><a href="javascript:document.title=1">',
];

/** Three groups: additions, removals that a guard stops, moves, and a pending addition. */
export function house() {
  const site = new Site();
  const east = site.system('Maple Court, East Wing', 'America/Toronto');
  const [lobby, gym, sauna, pool] = ['Lobby', 'Gym', 'Sauna', 'Pool Gate'].map(name => site.door(east, name));
  const summer = { starts_at: '2026-05-16T04:00:00Z', ends_at: '2036-09-14T04:00:00Z' };
  const residents = site.group(east, 'East Residents', [lobby]);
  const gymGroup = site.group(east, 'Gym & Sauna', [lobby, gym, sauna]);
  const poolGroup = site.group(east, 'Pool, Summer', [lobby, pool], summer);
  const named = name => site.user(east, name, `${name.split(' ').map(part => part.toLowerCase()).join('.')}@example.com`);

  for (const name of ['Amara Okafor', 'Björn Lindqvist', 'Chidi Anagonye', 'Dolores Huerta', 'Eun-ji Park', 'Farid Haddad']) {
    const user = named(name);
    site.member(user, gymGroup);
    if (name < 'C') site.member(user, residents);
  }
  const [stays, moves] = [named('Grace Hopper'), named('Hana Kovářová')];
  site.member(stays, gymGroup, residents);
  site.member(moves, gymGroup);
  site.row(stays, 'Gym & Sauna', 'authoritative');
  site.row('hana.kovářová@example.com', 'Pool, Summer', 'additive', 'moves to the pool for the summer');
  for (const name of ['Imani Nakamura', 'João Pereira', 'Krzysztof Wiśniewski']) {
    named(name);
    site.row(`${name.toLowerCase().replace(' ', '.')}@example.com`, 'Pool, Summer', 'additive', '', '2027-09-14');
  }
  HOSTILE.forEach((name, place) => {
    site.user(east, name, `odd.${place}@example.com`);
    site.row(`odd.${place}@example.com`, 'East Residents', 'additive', place === 0 ? '<b>note</b>' : '');
  });
  site.user(east, 'نورة العتيبي', 'noura@example.com');
  site.row('noura@example.com', 'East Residents', 'additive', 'unit 12');
  const long = site.user(east, 'Wolfeschlegelsteinhausenbergerdorff'.repeat(3), `${'long'.repeat(12)}@${'sub.'.repeat(10)}example.com`);
  site.row(long, 'East Residents', 'additive', 'contractor until the lift is repaired, see the letter of the cooperative of 3 March');
  const pending = named('Yusuf Demir');
  site.pendingMember(pending, residents);
  site.row(pending, 'East Residents', 'additive');
  return { site: site.site(), roster: site.roster(), groups: 3 };
}

/** Two hundred groups, with 50 changes each: 25 additions, 15 removals, and 5 moves each way. */
export function tower() {
  const site = new Site();
  const system = site.system('Harbour Towers', 'Europe/Berlin');
  const lobby = site.door(system, 'Main Lobby');
  const floors = Array.from({ length: 200 }, (_, floor) => {
    const number = String(floor + 1).padStart(3, '0');
    const door = site.door(system, `F${number} Door`);
    return { name: `Floor ${number}`, group: site.group(system, `Floor ${number}`, [lobby, door]) };
  });
  const given = ['Ada', 'Bruno', 'Chloé', 'Dmitri', 'Elif', 'Femi', 'Greta', 'Haruto', 'Inês', 'Jonas'];
  const family = ['Abbott', 'Brandt', 'Castillo', 'Dubois', 'Eriksen', 'Fontaine', 'García', 'Hoang', 'Ivanova', 'Jansen'];
  let count = 0;
  const user = () => {
    const number = count++;
    const name = `${given[number % 10]} ${family[Math.floor(number / 10) % 10]} ${number}`;
    return site.user(system, name, `resident.${number}@example.com`);
  };
  const times = (many, act) => Array.from({ length: many }, act);
  floors.forEach(({ name, group }, floor) => {
    const next = floors[(floor + 1) % floors.length].name;
    times(25, () => site.row(user(), name, 'authoritative'));
    times(15, () => site.member(user(), group));
    times(5, () => { const moving = user(); site.member(moving, group); site.row(moving, next, 'authoritative'); });
    times(20, () => { const staying = user(); site.member(staying, group); site.row(staying, name, 'authoritative'); });
  });
  return { site: site.site(), roster: site.roster(), groups: 200, lines: 10_000 };
}
