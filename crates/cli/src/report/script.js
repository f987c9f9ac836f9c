'use strict';
// Search, filters and folding. The page says everything without it.
(() => {
  const tools = document.getElementById('tools');
  const query = document.getElementById('query');
  const hits = document.getElementById('hits');
  const fold = document.getElementById('fold');
  const nothing = document.getElementById('none');
  const rest = document.querySelector('.rest');
  const filters = [...tools.querySelectorAll('[data-filter]')];
  const groups = [...document.querySelectorAll('main > details')];
  const openAtFirst = groups.map(group => group.open);

  // As people search: without case, accents and the width of blanks.
  const plain = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/gu, ' ');
  const number = count => String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

  // Made when it is first needed: reading ten thousand lines would delay the first paint.
  let index;
  const read = () => groups.map(group => ({
    group,
    isStopped: 'stop' in group.dataset,
    about: plain([...group.querySelectorAll('h2, .where > bdi, .opens bdi')].map(part => part.textContent).join('\n')),
    lists: [...group.querySelectorAll('section')].map(list => ({
      list,
      kind: list.dataset.kind,
      badge: list.querySelector('h3 span'),
      about: plain([...list.querySelectorAll('h3 bdi, .effect bdi')].map(part => part.textContent).join('\n')),
      lines: [...list.querySelectorAll('li')].map(line => ({
        line,
        text: plain([...line.children].map(part => part.textContent).join('\n')),
      })),
    })),
  }));
  const total = document.querySelectorAll('main li').length;

  const update = () => {
    index ??= read();
    const words = plain(query.value).split(' ').filter(word => word);
    const pressed = new Set(filters.filter(button => button.getAttribute('aria-pressed') === 'true').map(button => button.dataset.filter));
    const onlyStopped = pressed.delete('stop');
    const isNarrowed = words.length > 0 || pressed.size > 0 || onlyStopped;
    let [shown, shownGroups] = [0, 0];
    index.forEach(({ group, isStopped, about, lists }, place) => {
      let inGroup = 0;
      for (const { list, kind, badge, about: aboutList, lines } of lists) {
        let inList = 0;
        if ((!onlyStopped || isStopped) && (pressed.size === 0 || pressed.has(kind))) {
          const left = words.filter(word => !about.includes(word) && !aboutList.includes(word));
          for (const { line, text } of lines) {
            const fits = left.every(word => text.includes(word));
            line.hidden = !fits;
            inList += fits;
          }
        }
        list.hidden = inList === 0;
        badge.textContent = inList === lines.length ? number(inList) : `${number(inList)} of ${number(lines.length)}`;
        inGroup += inList;
      }
      group.hidden = inGroup === 0;
      group.open = isNarrowed ? inGroup > 0 : openAtFirst[place];
      shown += inGroup;
      shownGroups += inGroup > 0;
    });
    nothing.hidden = shown > 0;
    if (rest) rest.hidden = isNarrowed;
    say(isNarrowed, shown, shownGroups);
  };

  const say = (isNarrowed, shown, shownGroups) => {
    const where = `in ${counted(shownGroups, 'group', 'groups')}`;
    hits.textContent = isNarrowed
      ? `${number(shown)} of ${counted(total, 'line', 'lines')}, ${where}`
      : `${counted(total, 'line', 'lines')} ${where}`;
    label();
  };

  // Once for all groups that open together.
  let isLabelDue = false;
  const label = () => {
    if (isLabelDue) return;
    isLabelDue = true;
    requestAnimationFrame(relabel);
  };
  const relabel = () => {
    isLabelDue = false;
    const isAllOpen = groups.every(group => group.open || group.hidden);
    fold.textContent = isAllOpen ? 'Close all groups' : 'Open all groups';
  };

  const clear = () => {
    query.value = '';
    filters.forEach(button => button.setAttribute('aria-pressed', 'false'));
    update();
  };

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!(target instanceof HTMLDetailsElement)) return;
    if (target.hidden) clear();
    target.open = true;
    target.scrollIntoView();
  };

  query.addEventListener('input', update);
  filters.forEach(button => button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    update();
  }));
  fold.addEventListener('click', () => {
    const open = !groups.every(group => group.open || group.hidden);
    groups.forEach(group => { if (!group.hidden) group.open = open; });
    label();
  });
  document.addEventListener('keydown', event => {
    if (event.key === '/' && event.target !== query && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    }
    if (event.key === 'Escape') clear();
  });
  document.addEventListener('toggle', label, true);
  addEventListener('hashchange', reveal);
  document.addEventListener('click', event => {
    // The same link a second time changes no hash.
    const link = event.target.closest?.('a[href^="#g"]');
    if (link && link.hash === location.hash) reveal();
  });
  let before;
  addEventListener('beforeprint', () => {
    before = groups.map(group => group.open);
    groups.forEach(group => { group.open = true; });
  });
  addEventListener('afterprint', () => groups.forEach((group, place) => { group.open = before[place]; }));

  tools.hidden = false;
  say(false, total, groups.length);
  reveal();
})();
