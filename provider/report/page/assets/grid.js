// The table shows the rows and columns that are in view, and no others, however many there are.
const grid = document.getElementById("grid");
const readout = document.getElementById("readout");
const sheet = element("div", "sheet");
const head = element("div", "head");
const corner = element("div", "corner");
grid.append(sheet);
const size = { row: 28, cell: 46, name: 220, head: 150 };
const beyond = 4; // rows and columns that are ready outside the view
const drawn = new Map(); // by "row column"; -1 is a header
const drawnRows = new Map();
let focused = { row: 0, column: 0 };

function measure() {
  const narrow = window.matchMedia("(max-width: 40rem)").matches;
  size.name = narrow ? 118 : 220;
  size.head = narrow ? 120 : 150;
  sheet.style.width = size.name + columns.length * size.cell + "px";
  sheet.style.height = size.head + rows.length * size.row + "px";
  grid.style.setProperty("--name", size.name + "px");
  grid.style.setProperty("--head", size.head + "px");
}

// rebuild draws the table anew, after the filters changed.
function rebuild() {
  measure();
  sheet.replaceChildren();
  head.replaceChildren();
  drawn.clear();
  drawnRows.clear();
  grid.setAttribute("aria-rowcount", rows.length + 1);
  grid.setAttribute("aria-colcount", columns.length + 1);
  head.setAttribute("role", "row");
  head.setAttribute("aria-rowindex", 1);
  corner.setAttribute("role", "columnheader");
  corner.setAttribute("aria-colindex", 1);
  corner.textContent = "Principal";
  head.append(corner);
  sheet.append(head);
  focused = { row: Math.min(focused.row, Math.max(rows.length - 1, 0)), column: Math.min(focused.column, Math.max(columns.length - 1, 0)) };
  grid.classList.toggle("empty", rows.length === 0 || columns.length === 0);
  draw();
}

function inView() {
  const clamp = (n, most) => Math.max(0, Math.min(n, most));
  return {
    top: clamp(Math.floor(grid.scrollTop / size.row) - beyond, rows.length),
    bottom: clamp(Math.ceil((grid.scrollTop + grid.clientHeight - size.head) / size.row) + beyond, rows.length),
    left: clamp(Math.floor(grid.scrollLeft / size.cell) - beyond, columns.length),
    right: clamp(Math.ceil((grid.scrollLeft + grid.clientWidth - size.name) / size.cell) + beyond, columns.length),
  };
}

function draw() {
  const view = inView();
  const keeps = (r, c) => (r < 0 || r >= view.top && r < view.bottom) && (c < 0 || c >= view.left && c < view.right) ||
    r === focused.row && c === focused.column;
  for (const [key, one] of drawn) if (!keeps(one.r, one.c)) { one.made.remove(); drawn.delete(key); }
  for (const [r, row] of drawnRows) if ((r < view.top || r >= view.bottom) && r !== focused.row) { row.remove(); drawnRows.delete(r); drawn.delete(r + " -1"); }
  for (let c = view.left; c < view.right; c++) drawOnce(-1, c, head, columnHeader);
  const wanted = new Set();
  for (let r = view.top; r < view.bottom; r++) wanted.add(r);
  if (rows.length && columns.length) wanted.add(focused.row);
  for (const r of wanted) {
    const row = drawRow(r);
    for (let c = view.left; c < view.right; c++) drawOnce(r, c, row, gridCell);
    if (r === focused.row && columns.length) drawOnce(r, focused.column, row, gridCell);
  }
}

function drawOnce(r, c, into, make) {
  const key = r + " " + c;
  if (drawn.has(key)) return drawn.get(key).made;
  const made = make(r, c);
  into.append(made);
  drawn.set(key, { r, c, made });
  return made;
}

function drawRow(r) {
  if (drawnRows.has(r)) return drawnRows.get(r);
  const row = element("div", "row"), principal = data.principals[rows[r]];
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", r + 2);
  row.style.top = size.head + r * size.row + "px";
  const header = element("div", "name");
  header.setAttribute("role", "rowheader");
  header.setAttribute("aria-colindex", 1);
  header.title = titleOf(principal);
  header.append(element("span", "kind", (kindNames[principal.kind] || principal.kind) + " "), element("bdi", "", principal.name));
  if (principal.note) header.append(element("span", "kind", " " + principal.note));
  row.append(header);
  sheet.append(row);
  drawnRows.set(r, row);
  return row;
}

function columnHeader(r, c) {
  const entity = data.entities[columns[c]], made = element("div", "column");
  made.setAttribute("role", "columnheader");
  made.setAttribute("aria-colindex", c + 2);
  made.style.left = size.name + c * size.cell + "px";
  made.title = titleOf(entity);
  const label = element("span", "turned");
  const slash = entity.name.lastIndexOf("/");
  label.append(element("bdi", "", entity.name.slice(slash + 1)), element("span", "kind", `${entity.name.slice(0, Math.max(slash, 0))} ${entity.kind}`));
  made.append(label);
  return made;
}

function gridCell(r, c) {
  const principal = rows[r], entity = columns[c], cell = cellAt(principal, entity), made = element("div", "cell");
  made.setAttribute("role", "gridcell");
  made.setAttribute("aria-colindex", c + 2);
  made.style.left = size.name + c * size.cell + "px";
  made.dataset.row = r;
  made.dataset.column = c;
  made.dataset.short = shortOf(principal, entity);
  made.setAttribute("aria-label", `${titleOf(data.principals[principal])}, ${titleOf(data.entities[entity])}: ${wordsOf(principal, entity)}`);
  const strongest = level.first + data.levels[kindOf[entity]].length - 1;
  made.dataset.level = cell.certain === level.none ? "none" : cell.certain === strongest ? "most" : cell.certain <= level.first ? "least" : "some";
  if (cell.most !== cell.certain || cell.marks & marks.doubtful) made.classList.add("maybe");
  if (cell.most === level.none && data.blind) made.classList.add("cannot-tell");
  if (flagsAt(principal, entity) & flags.finding) made.classList.add("has-finding");
  if (!matches(principal, entity)) made.classList.add("dim");
  made.tabIndex = r === focused.row && c === focused.column ? 0 : -1;
  return made;
}

function say(r, c) {
  readout.textContent = `${titleOf(data.principals[rows[r]])} → ${titleOf(data.entities[columns[c]])}: ${wordsOf(rows[r], columns[c])}`;
}

// moveTo gives the focus to a cell, which it brings into view.
function moveTo(r, c) {
  if (!rows.length || !columns.length) return;
  const before = drawn.get(focused.row + " " + focused.column);
  if (before) before.made.tabIndex = -1;
  focused = { row: Math.max(0, Math.min(r, rows.length - 1)), column: Math.max(0, Math.min(c, columns.length - 1)) };
  const top = focused.row * size.row, left = focused.column * size.cell;
  const tall = grid.clientHeight - size.head, wide = grid.clientWidth - size.name;
  if (top < grid.scrollTop) grid.scrollTop = top;
  if (top + size.row > grid.scrollTop + tall) grid.scrollTop = top + size.row - tall;
  if (left < grid.scrollLeft) grid.scrollLeft = left;
  if (left + size.cell > grid.scrollLeft + wide) grid.scrollLeft = left + size.cell - wide;
  draw();
  const cell = drawn.get(focused.row + " " + focused.column).made;
  cell.tabIndex = 0;
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
  say(focused.row, focused.column);
}

const cellOf = (event) => {
  const cell = event.target.closest && event.target.closest(".cell");
  return cell ? { r: Number(cell.dataset.row), c: Number(cell.dataset.column) } : null;
};

grid.addEventListener("keydown", (event) => {
  const at = cellOf(event);
  if (!at || event.altKey || event.metaKey) return;
  const page = Math.max(1, Math.floor((grid.clientHeight - size.head) / size.row) - 1);
  const to = {
    ArrowUp: [at.r - 1, at.c], ArrowDown: [at.r + 1, at.c], ArrowLeft: [at.r, at.c - 1], ArrowRight: [at.r, at.c + 1],
    PageUp: [at.r - page, at.c], PageDown: [at.r + page, at.c],
    Home: [event.ctrlKey ? 0 : at.r, 0], End: [event.ctrlKey ? rows.length - 1 : at.r, columns.length - 1],
  }[event.key];
  if (to) { event.preventDefault(); moveTo(to[0], to[1]); return; }
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); openPanel(rows[at.r], columns[at.c]); }
});
grid.addEventListener("click", (event) => {
  const at = cellOf(event);
  if (at) { moveTo(at.r, at.c); openPanel(rows[at.r], columns[at.c]); }
});
grid.addEventListener("mouseover", (event) => { const at = cellOf(event); if (at) say(at.r, at.c); });
let waiting = false;
grid.addEventListener("scroll", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}, { passive: true });
