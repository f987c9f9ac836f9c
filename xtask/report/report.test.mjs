// The report of a plan, as a reader uses it: in Chromium, with keyboard and pointer.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';

import { HOSTILE, house, tower } from './sites.mjs';
import { Reader, contrasts, listener, overflow, planned, settings, visible } from './reader.mjs';

const pages = {};
let reader;

before(async () => {
  for (const [name, made] of Object.entries({ house: house(), tower: tower() })) {
    pages[name] = await planned(name, made);
  }
  reader = await Reader.start();
});
after(() => reader?.stop());

const LINES = 'main li';
const open = (name, options) => reader.open(pages[name], options);
const lines = page => visible(page, LINES);
const hits = page => page.textContent('#hits');
const filter = (page, kind) => page.locator(`[data-filter=${kind}]`);

/** Types into the search as a person does, and counts what is left. */
const search = async (page, text) => {
  await page.keyboard.press('Escape');
  // Within the search it is a letter like any other.
  const isThere = await page.evaluate(() => document.activeElement.id === 'query');
  if (!isThere) await page.keyboard.press('/');
  await page.keyboard.type(text);
  return lines(page);
};

describe('three groups', () => {
  test('everything is shown, and said in numbers', async () => {
    const page = await open('house');
    assert.equal(await page.textContent('h1'), '10 people get access, 6 lose access and 1 moves');
    assert.equal(await lines(page), 19);
    assert.equal(await hits(page), '19 lines in 3 groups');
    const counts = await page.locator('.counts b').allTextContents();
    assert.deepEqual(counts, ['10', '6', '1', '1']);
    assert.deepEqual(page.errors, []);
  });

  test('the guard comes first, with the command that passes it', async () => {
    const page = await open('house');
    const order = await page.evaluate(() => [...document.querySelectorAll('h1, .stop h2, .counts, .command')]
      .map(part => part.localName));
    assert.deepEqual(order, ['h1', 'h2', 'dl', 'section']);
    assert.match(await page.textContent('section.stop'), /Gym & Sauna: 7 of 8 members would be removed/);
    const hash = await page.locator('.facts code').first().textContent();
    assert.match(hash, /^[0-9a-f]{12}$/);
    assert.match(await page.textContent('.command code'), new RegExp(`^access-groups apply .*--confirm ${hash}$`));
  });

  test('search finds names, addresses, groups and doors', async () => {
    const page = await open('house');
    const expected = {
      'noura@example': 1,
      'noura nobody': 0,
      'KOVAROVA': 2, // both halves of the move, without the accents
      'imani nakamura': 1,
      'pool, summer': 5, // the whole group, and who moves there
      'sauna': 8, // a group and a door of it, and who comes from there
      'lobby': 19,
      'unit 12': 1,
      'onerror': 1,
      'نورة': 1,
    };
    for (const [text, count] of Object.entries(expected)) {
      assert.equal(await search(page, text), count, text);
      assert.match(await hits(page), new RegExp(`^${count} of 19 lines, in \\d groups?$`), text);
      assert.equal(await page.locator('#none').isVisible(), count === 0, text);
    }
    await page.keyboard.press('Escape');
    assert.equal(await lines(page), 19);
    assert.equal(await hits(page), '19 lines in 3 groups');
  });

  test('filters show their kind, also together', async () => {
    const page = await open('house');
    const only = { add: 10, remove: 6, move: 2, pending: 1, stop: 7 };
    for (const [kind, count] of Object.entries(only)) {
      await filter(page, kind).click();
      assert.equal(await lines(page), count, kind);
      assert.equal(await filter(page, kind).getAttribute('aria-pressed'), 'true');
      await filter(page, kind).click();
      assert.equal(await lines(page), 19, kind);
    }
    for (const kind of ['add', 'pending']) await filter(page, kind).click();
    assert.equal(await lines(page), 11);
    await page.fill('#query', 'yusuf');
    assert.equal(await lines(page), 1);
  });

  test('the keyboard alone is enough', async () => {
    const page = await open('house');
    await page.keyboard.press('/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.filter), 'add');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    assert.equal(await lines(page), 6);
    await page.keyboard.press('Escape');
    for (let stop = 0; stop < 5; stop++) await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.closest('details').id), 'g0');
    await page.keyboard.press('Enter');
    assert.equal(await lines(page), 19 - 7);
    await page.keyboard.press('Enter');
    assert.equal(await lines(page), 19);
  });

  test('names are text', async () => {
    const page = await open('house');
    const text = await page.innerText('main');
    for (const name of HOSTILE) {
      // What would turn the direction of writing is replaced by a visible sign.
      const shown = name.replace(/[\u200f\u202e]/g, '\ufffd');
      assert.ok(text.includes(shown), shown);
    }
    assert.equal(await page.title(), `Access plan ${await page.locator('.facts code').first().textContent()} for house.csv`);
    assert.equal(await page.locator('img, iframe, a:not([href^="#"]), main :is(script, style)').count(), 0);
    assert.deepEqual(page.errors, []);
  });

  test('all of it is readable without JavaScript', async () => {
    const page = await open('house', { javaScriptEnabled: false });
    assert.equal(await lines(page), 19);
    assert.equal(await page.locator('#tools').isVisible(), false);
  });

  test('paper shows what is folded', async () => {
    const page = await open('house', { javaScriptEnabled: false });
    await page.locator('summary').first().click();
    assert.equal(await lines(page), 19 - 7);
    await page.emulateMedia({ media: 'print' });
    assert.equal(await lines(page), 19);
  });
});

describe('two hundred groups', () => {
  test('all is there, and folded', async () => {
    const page = await open('tower');
    assert.equal(await page.locator(LINES).count(), tower().lines);
    assert.equal(await page.locator('main > details').count(), 200);
    assert.equal(await lines(page), 0);
    const { length } = await readFile(pages.tower);
    assert.ok(length < 3_000_000, `${length} bytes`);
    const [paint] = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint'));
    console.log(`report: ${length} bytes, first contentful paint after ${paint?.startTime} ms`);
  });

  test('search and filters find among ten thousand', async () => {
    const page = await open('tower');
    assert.equal(await search(page, 'resident.4941@'), 1);
    assert.match(await hits(page), /^1 of 10.000 lines, in 1 group$/);
    assert.equal(await search(page, 'resident.4999@'), 0, 'he stays where he is');
    await page.keyboard.press('Escape');
    await filter(page, 'move').click();
    assert.equal(await lines(page), 2000);
    await page.fill('#query', 'f123');
    // Five come, five leave; of those who leave 122 and come to 124, the door is told, too.
    assert.equal(await lines(page), 20);
    await page.keyboard.press('Escape');
    assert.equal(await lines(page), 0, 'folded as before');
  });

  test('groups open together, and by the links of the guards', async () => {
    const page = await open('tower');
    await page.click('#fold');
    assert.equal(await lines(page), 10_000);
    await page.click('#fold');
    assert.equal(await lines(page), 0);
    await page.locator('section.stop a').nth(2).click();
    assert.equal(await lines(page), 50);
    await page.waitForFunction(() => {
      const { top } = document.querySelector('#g2').getBoundingClientRect();
      return top >= 0 && top < innerHeight;
    });
  });
});

describe('each report', () => {
  for (const name of ['house', 'tower']) {
    for (const colorScheme of ['light', 'dark']) {
      test(`${name}, ${colorScheme}: every text is easy to read`, async () => {
        const page = await open(name, { colorScheme });
        const found = await contrasts(page);
        assert.ok(found.checked > 40, `${found.checked} texts`);
        assert.equal(found.isDark, colorScheme === 'dark');
        assert.deepEqual(found.low, [], 'WCAG AA asks for 4.5');
      });
    }

    test(`${name}: a phone shows it without scrolling sideways`, async () => {
      const page = await open(name, { viewport: { width: 360, height: 740 } });
      for (const text of ['', 'a']) {
        await page.fill('#query', text);
        assert.deepEqual(await overflow(page), []);
      }
    });
  }

  test('nothing is loaded, sent or run from elsewhere', async test => {
    const { url, count, close } = await listener();
    test.after(close);
    const probes = page => page.evaluate(async url => {
      const image = new Image();
      image.src = `${url}/image`;
      const script = document.createElement('script');
      script.textContent = 'document.title = "owned"';
      document.body.append(image, script);
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title=\'owned\'">');
      await fetch(`${url}/fetch`, { mode: 'no-cors' }).catch(() => null);
      return document.title;
    }, url);

    const page = await open('house');
    assert.deepEqual(page.requests, [page.url()]);
    assert.notEqual(await probes(page), 'owned');
    assert.equal(count(), 0);

    // The same probes where nothing forbids them: otherwise they would prove nothing.
    const bare = `${settings.folder}/bare.html`;
    await writeFile(bare, '<!DOCTYPE html><title>bare</title>');
    assert.equal(await probes(await reader.open(bare)), 'owned');
    assert.ok(count() >= 1);
  });
});
