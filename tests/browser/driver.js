// Drives a page of access in a browser, and writes what it found to standard output as JSON:
// node driver.js BROWSER PAGE.html FOLDER STEP...
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const puppeteer = require("puppeteer-core");

const [browserPath, file, folder, ...wanted] = process.argv.slice(2);
const wide = { width: 1400, height: 900 };
const narrow = { width: 390, height: 844, isMobile: true, hasTouch: true };
const dialogs = [], errors = [], requests = [];

// settled waits until the table was drawn after a change.
const settled = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));

const open = async (browser, options = {}) => {
  const page = await browser.newPage();
  await page.setViewport(options.viewport || wide);
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (["error", "warn"].includes(message.type())) errors.push(message.text()); });
  page.on("dialog", async (dialog) => { dialogs.push(dialog.message()); await dialog.dismiss(); });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: options.scheme || "light" }]);
  await page.goto(pathToFileURL(file).href, { waitUntil: "load" });
  await page.waitForSelector("html[data-ready]");
  await settled(page);
  return page;
};

const shot = async (page, name) => {
  if (folder) await page.screenshot({ path: path.join(folder, name + ".png") });
};

const axe = async (page) => {
  // The policy of the page forbids other scripts: the driver evaluates it beside the page.
  await page.evaluate(fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" | ")}`);
};

// everyCell scrolls over the whole table, and reads every cell: its name in words, and what it shows.
const everyCell = async (page) => {
  const all = {};
  const collect = async () => Object.assign(all, await page.evaluate(() => Object.fromEntries(
    Array.from(document.querySelectorAll("#grid [role=gridcell]"), (cell) => [cell.getAttribute("aria-label"), cell.dataset.short]))));
  const { high, wide, tall, across } = await page.evaluate(() => {
    const grid = document.getElementById("grid");
    return { high: grid.scrollHeight, wide: grid.scrollWidth, tall: grid.clientHeight, across: grid.clientWidth };
  });
  for (let top = 0; top < high; top += tall / 2) {
    for (let left = 0; left < wide; left += across / 2) {
      await page.evaluate((top, left) => document.getElementById("grid").scrollTo(left, top), top, left);
      await settled(page);
      await collect();
    }
  }
  return all;
};

const value = (page, selector, text) => page.$eval(selector, (input, text) => {
  if (input.type === "checkbox") input.checked = text; else input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}, text);

const shown = (page) => page.$eval("#shown", (output) => output.textContent);

const steps = {
  // cells are all cells of the table.
  async cells(browser) {
    const page = await open(browser);
    return everyCell(page);
  },

  // filters are what each filter leaves.
  async filters(browser) {
    const page = await open(browser), out = {};
    const tried = async (name, settings) => {
      for (const [selector, text] of settings) await value(page, selector, text);
      await settled(page);
      out[name] = { shown: await shown(page), cells: name.startsWith("all ") ? undefined : await everyCell(page) };
      await page.click("#filters button[type=reset]");
      await settled(page);
    };
    await tried("all before", []);
    await tried("search", [["#search-principals", "USER-00"], ["#search-entities", "env-001"]]);
    await tried("kinds", [["#kind-principal", "team"], ["#kind-entity", "stack"]]);
    await tried("write", [["#kind-principal", "user"], ["#permission", "level=write"]]);
    await tried("scope", [["#kind-principal", "user"], ["#permission", "scope=environment:open"]]);
    await tried("findings", [["#only-findings", true]]);
    await tried("indirect", [["#only-indirect", true]]);
    await tried("nothing", [["#search-principals", "nobody has this name"]]);
    await tried("all after", []);
    await page.type("#search-findings", "escalation");
    await settled(page);
    out.searched = await page.$$eval("article.finding", (all) => all.filter((one) => one.offsetParent !== null).length);
    return out;
  },

  // keyboard opens the reasons for a cell with the keyboard alone, and comes back.
  async keyboard(browser) {
    const page = await open(browser), out = {};
    const active = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") || document.activeElement.id);
    await page.focus("#filters button[type=reset]");
    await page.keyboard.press("Tab");
    out.first = await active();
    out.outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    out.moved = await active();
    out.inView = await page.evaluate(() => { const at = document.activeElement.getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; });
    await page.keyboard.press("Enter");
    out.panel = await page.$eval("#panel", (panel) => ({ hidden: panel.hidden, role: panel.getAttribute("role"), text: panel.innerText }));
    out.inPanel = await active();
    await shot(page, "panel-light");
    out.violations = await axe(page);
    await page.keyboard.press("Escape");
    out.back = await active();
    out.closed = await page.$eval("#panel", (panel) => panel.hidden);
    await page.keyboard.down("Control");
    await page.keyboard.press("End");
    await page.keyboard.up("Control");
    await settled(page);
    out.last = await active();
    out.lastInView = await page.evaluate(() => {
      const cell = document.activeElement.getBoundingClientRect(), grid = document.getElementById("grid").getBoundingClientRect();
      return cell.right <= grid.right + 1 && cell.bottom <= grid.bottom + 1 && cell.left >= grid.left && cell.top >= grid.top;
    });
    out.tabStops = await page.$$eval("#grid [tabindex='0']", (all) => all.length);
    // It stays while the table is scrolled away from it.
    await page.evaluate(() => document.getElementById("grid").scrollTo(0, 0));
    await settled(page);
    out.kept = await active();
    return out;
  },

  // looks are the page in light, dark, narrow and printed, each checked with axe.
  async looks(browser) {
    const out = { violations: {} };
    const colors = (page) => page.evaluate(() => ({ back: getComputedStyle(document.body).backgroundColor, text: getComputedStyle(document.body).color }));
    for (const [name, options] of Object.entries({
      light: {}, dark: { scheme: "dark" }, narrow: { viewport: narrow }, "narrow-dark": { viewport: narrow, scheme: "dark" },
    })) {
      const page = await open(browser, options);
      out[name] = await colors(page);
      await shot(page, name);
      out.violations[name] = await axe(page);
      out[name].overflow = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      await page.$eval("#access", (section) => section.scrollIntoView({ behavior: "instant" }));
      await settled(page);
      await shot(page, name + "-table");
      if (options.viewport) {
        await page.evaluate(() => openPanel(rows[1], columns[0])); // eslint-disable-line no-undef
        await settled(page);
        await shot(page, name + "-panel");
      }
      await page.close();
    }
    const page = await open(browser);
    for (let i = 0; i < 2; i++) await page.click("#theme");
    out.toggled = await colors(page);
    out.themeLabel = await page.$eval("#theme", (button) => button.textContent);
    await page.emulateMediaType("print");
    await settled(page);
    out.print = await page.evaluate(() => ({
      ...{ grid: getComputedStyle(document.getElementById("grid")).display, back: getComputedStyle(document.body).backgroundColor },
      tables: document.querySelectorAll("#printed table").length,
      findings: Array.from(document.querySelectorAll("article.finding")).filter((one) => one.offsetParent !== null).length,
      text: document.getElementById("printed").innerText,
    }));
    out.violations.print = await axe(page);
    await page.setViewport({ width: 794, height: 1123 });
    await shot(page, "print");
    await page.$eval("#printed", (part) => part.scrollIntoView({ behavior: "instant" }));
    await shot(page, "print-table");
    if (folder) await page.pdf({ path: path.join(folder, "print.pdf"), format: "A4" });
    await page.close();
    return out;
  },

  // names are what hostile names come to.
  async names(browser) {
    const page = await open(browser);
    const cells = await everyCell(page);
    await page.evaluate(() => { for (let r = 0; r < rows.length; r++) openPanel(rows[r], columns[0]); }); // eslint-disable-line no-undef
    await page.emulateMediaType("print");
    await settled(page);
    return { cells, title: await page.title(), owned: await page.evaluate(() => typeof owned === "undefined"), scripts: await page.$$eval("script", (all) => all.length) };
  },

  // times is how long the page takes to open, by the browser's own clock.
  async times(browser) {
    const start = process.hrtime.bigint();
    const page = await open(browser);
    const ready = Number(process.hrtime.bigint() - start) / 1e6;
    const { TaskDuration: busy } = await page.metrics();
    const before = await page.evaluate(() => performance.now());
    await value(page, "#permission", "level=write");
    await settled(page);
    const filtered = await page.evaluate(() => performance.now());
    await page.evaluate(() => document.getElementById("grid").scrollTo(30000, 6000));
    await settled(page);
    const cells = await page.$$eval("#grid [role=gridcell]", (all) => all.length);
    return { ready, busy: busy * 1000, filtered: filtered - before, cells, elements: await page.evaluate(() => document.getElementsByTagName("*").length) };
  },
};

(async () => {
  const browser = await puppeteer.launch({
    executablePath: browserPath, headless: true, protocolTimeout: 300000,
    args: ["--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", ...(process.getuid && process.getuid() === 0 ? ["--no-sandbox"] : [])],
  });
  const out = {};
  try {
    for (const step of wanted) out[step] = await steps[step](browser);
  } finally {
    await browser.close();
  }
  const own = pathToFileURL(file).href;
  Object.assign(out, { dialogs, errors, requests: requests.filter((url) => url.split("#")[0] !== own) });
  fs.writeSync(1, JSON.stringify(out));
})().catch((error) => { console.error(error); process.exit(1); });
