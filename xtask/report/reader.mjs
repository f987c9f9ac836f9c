// What a test needs to read a report: the pages, a browser, and measures of what it shows.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

/** The binary `access-groups`, the browser, and a folder for what is made. */
export const settings = JSON.parse(process.env.REPORT_SETTINGS);

/** Plans a roster over a site, and returns the path of the report. */
export async function planned(name, { site, roster }) {
  const path = ending => `${settings.folder}/${name}${ending}`;
  await writeFile(path('.json'), site);
  await writeFile(path('.csv'), roster);
  const store = `memory:${path('.json')}`;
  const output = ['-o', path('.plan.json'), '--html', path('.html')];
  await promisify(execFile)(settings.binary, ['plan', path('.csv'), '--store', store, ...output], {
    maxBuffer: 64 << 20,
  });
  return path('.html');
}

/** A browser with pages that note their requests and errors. */
export class Reader {
  #browser;

  static async start() {
    const reader = new Reader();
    reader.#browser = await chromium.launch({ executablePath: settings.chromium });
    return reader;
  }

  async open(path, options = {}) {
    const page = await this.#browser.newPage({ viewport: { width: 1100, height: 900 }, ...options });
    page.requests = [];
    page.errors = [];
    page.on('request', request => page.requests.push(request.url()));
    page.on('pageerror', error => page.errors.push(error.message));
    page.on('console', message => message.type() === 'error' && page.errors.push(message.text()));
    await page.goto(pathToFileURL(path).href);
    return page;
  }

  stop() {
    return this.#browser.close();
  }
}

/** How many of these elements can be seen, after scrolling at most. */
export function visible(page, selector) {
  return page.locator(selector).evaluateAll(found => found.filter(element => element.checkVisibility()).length);
}

/** What sticks out of the window to the right, and whether the page scrolls sideways. */
export function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const wide = document.documentElement.scrollWidth > width ? ['the page'] : [];
    const shown = [...document.querySelectorAll('body *')].filter(element => element.checkVisibility());
    const out = shown.filter(element => element.getBoundingClientRect().right > width + 0.5);
    return [...wide, ...out.slice(0, 5).map(element => element.outerHTML.slice(0, 80))];
  });
}

/** Texts whose colour is too close to what is behind them, by the formula of WCAG 2. */
export function contrasts(page) {
  return page.evaluate(() => {
    const parts = color => color.match(/[\d.]+/g).map(Number);
    const luminance = color => {
      const [red, green, blue] = parts(color).map(value => value / 255)
        .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = element => {
      for (let at = element; at; at = at.parentElement) {
        const color = getComputedStyle(at).backgroundColor;
        const [, , , alpha = 1] = parts(color);
        if (alpha === 1) return color;
      }
      return 'rgb(255, 255, 255)';
    };
    // Two thousand are enough of ten thousand alike.
    const all = [...document.querySelectorAll('body *')].slice(0, 2000);
    const texts = all.filter(element => element.checkVisibility()
      && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()));
    const low = texts.map(element => {
      const [front, back] = [getComputedStyle(element).color, behind(element)].map(luminance);
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      return { text: element.textContent.slice(0, 40), ratio: Number(ratio.toFixed(2)) };
    });
    return {
      checked: texts.length,
      isDark: luminance(behind(document.body)) < 0.2,
      low: low.filter(({ ratio }) => ratio < 4.5),
    };
  });
}

/** A server of ours that counts who asks it for something. */
export async function listener() {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.end();
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    count: () => requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
