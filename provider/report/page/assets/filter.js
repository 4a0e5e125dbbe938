// What the filters leave: the rows and the columns of the table, and whether a cell matches.
const filters = { principals: "", entities: "", principalKind: "", entityKind: "", permission: "", findings: false, indirect: false };
let rows = [], columns = [], matches = () => true;

// cellTest is what the permission filter asks of a cell, decided once for each distinct one and kind of entity.
function cellTest() {
  const [what, value] = [filters.permission.slice(0, filters.permission.indexOf("=")), filters.permission.slice(filters.permission.indexOf("=") + 1)];
  if (filters.permission === "") return null;
  const known = new Map();
  const scope = data.texts.indexOf(value);
  const decide = {
    any: (cell) => cell.paths.length > 0,
    possible: (cell) => cell.most !== cell.certain || (cell.marks & marks.doubtful) !== 0,
    level: (cell, kind) => { const at = data.levels[kind].indexOf(value); return at >= 0 && cell.most >= level.first + at; },
    scope: (cell) => cell.paths.some((p) => sets[paths[p].set].includes(scope)),
  }[what];
  return (principal, entity) => {
    const index = matrix[entity * rowCount + principal], key = index * data.kinds.length + kindOf[entity];
    if (!known.has(key)) known.set(key, decide(cells[index], kindOf[entity]));
    return known.get(key);
  };
}

function applyFilters() {
  const test = cellTest();
  const wanted = (filters.findings ? flags.finding : 0) | (filters.indirect ? flags.indirect : 0);
  const chosen = (all, words, kind) => {
    const parts = words.toLowerCase().split(/\s+/).filter(Boolean), out = [];
    all.forEach((one, i) => {
      const name = one.name.toLowerCase();
      if ((kind === "" || one.kind === kind) && parts.every((part) => name.includes(part))) out.push(i);
    });
    return out;
  };
  rows = chosen(data.principals, filters.principals, filters.principalKind);
  columns = chosen(data.entities, filters.entities, filters.entityKind);
  matches = (p, e) => (flagsAt(p, e) & wanted) === wanted && (!test || test(p, e));
  if (test || wanted) {
    const usedRows = new Uint8Array(rowCount), usedColumns = new Uint8Array(columnCount);
    for (const e of columns) for (const p of rows) if (matches(p, e)) { usedRows[p] = 1; usedColumns[e] = 1; }
    rows = rows.filter((p) => usedRows[p]);
    columns = columns.filter((e) => usedColumns[e]);
  } else {
    matches = () => true;
  }
  document.getElementById("shown").textContent =
    `${rows.length} of ${rowCount} principals, ${columns.length} of ${columnCount} entities`;
}

// fillFilters offers what the document has.
function fillFilters() {
  const option = (value, label, into) => { const o = element("option", "", label); o.value = value; into.append(o); };
  const kinds = (all, id) => {
    const into = document.getElementById(id);
    for (const kind of new Set(all.map((one) => one.kind))) option(kind, kindNames[kind] || kind, into);
  };
  kinds(data.principals, "kind-principal");
  kinds(data.entities, "kind-entity");
  const permission = document.getElementById("permission");
  option("any=", "anything", permission);
  option("possible=", "only possible", permission);
  const group = (label) => { const g = element("optgroup"); g.label = label; permission.append(g); return g; };
  const levels = group("At least");
  for (const name of new Set(data.levels.flat())) option("level=" + name, name, levels);
  const scopes = group("Scope");
  const used = new Set(sets.flatMap((set) => Array.from(set)));
  for (const scope of Array.from(used, text).sort()) option("scope=" + scope, scope, scopes);
}

function element(tag, name, content) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (content !== undefined) made.textContent = content;
  return made;
}

// searchFindings hides the findings that do not have all words.
function searchFindings(words) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0, all = 0;
  for (const rule of document.querySelectorAll("details.rule")) {
    const title = rule.querySelector("summary").textContent.toLowerCase();
    let some = 0;
    for (const finding of rule.querySelectorAll(".finding")) {
      const words = title + " " + finding.textContent.toLowerCase();
      finding.hidden = !parts.every((part) => words.includes(part));
      all++;
      if (!finding.hidden) some++;
    }
    rule.hidden = some === 0;
    shown += some;
  }
  document.getElementById("findings-shown").textContent = parts.length ? `${shown} of ${all} findings` : "";
}
