// The reasons for a cell.
const panel = document.getElementById("panel");
const panelTitle = document.getElementById("panel-title");
const panelBody = document.getElementById("panel-body");

function openPanel(principal, entity) {
  const cell = cellAt(principal, entity);
  panelTitle.replaceChildren(element("bdi", "", titleOf(data.principals[principal])), " → ", element("bdi", "", titleOf(data.entities[entity])));
  panelBody.replaceChildren(summaryOf(principal, entity, cell), ...findingsAt(principal, entity), ...pathsOf(cell), ...waysAt(principal, entity));
  panel.hidden = false;
  document.body.classList.add("with-panel");
  panelTitle.focus();
}

function closePanel() {
  if (panel.hidden) return;
  panel.hidden = true;
  document.body.classList.remove("with-panel");
  moveTo(focused.row, focused.column);
}

function summaryOf(principal, entity, cell) {
  const all = element("div", "summary");
  const line = (label, value, name) => {
    const p = element("p", name || "");
    p.append(element("strong", "", label + ": "), value);
    all.append(p);
  };
  if (cell.certain !== level.none) line("Holds", levelName(entity, cell.certain));
  if (cell.most !== cell.certain) line("Possibly holds", levelName(entity, cell.most), "maybe-text");
  if (cell.most === level.none) line("Holds", data.blind ? "cannot tell. Nothing was found, and not everything could be read: see “Could not be read” above." : "nothing");
  else if (data.blind) all.append(element("p", "maybe-text", "Not everything could be read: it may hold more."));
  for (const note of cell.notes) all.append(element("p", "note", text(note)));
  return all;
}

function findingsAt(principal, entity) {
  const named = data.findings.filter((f) => (f.principal === principal || f.principal === -1) && (f.entity === entity || f.entity === -1) &&
    (f.principal >= 0 || f.entity >= 0));
  if (!named.length) return [];
  const list = element("ul");
  for (const finding of named) {
    const item = element("li"), link = element("a", "", finding.rule);
    link.href = "#finding-" + finding.id;
    item.append(element("span", "severity " + finding.severity, finding.severity), " ", link);
    list.append(item);
  }
  return [element("h3", "", "Findings"), list];
}

function pathsOf(cell) {
  if (!cell.paths.length) return [];
  const list = element("ol", "paths");
  for (const index of cell.paths) {
    const path = paths[index], item = element("li", path.doubt < 0 ? "" : "maybe-path"), way = element("ol", "steps");
    for (const step of path.steps) way.append(element("li", "", text(steps[step].text)));
    item.append(way);
    if (path.doubt >= 0) item.append(element("p", "maybe-text", "Possible: " + text(path.doubt)));
    const scopes = element("details"), names = Array.from(sets[path.set], text);
    scopes.append(element("summary", "", names.length === 1 ? names[0] : names.length + " scopes"), element("p", "scopes", names.join(", ")));
    item.append(scopes);
    list.append(item);
  }
  return [element("h3", "", cell.paths.length === 1 ? "The reason" : `The ${cell.paths.length} reasons; each suffices`), list];
}

function waysAt(principal, entity) {
  const list = element("ol", "paths");
  for (const way of waysOf[principal]) {
    const gained = [];
    for (let i = 0; i < way.reaches.length; i += 2) if (way.reaches[i] === entity) gained.push(text(way.reaches[i + 1]));
    const everything = (way.marks & ways.everything) !== 0 && flagsAt(principal, entity) & flags.indirect;
    if (!gained.length && !everything) continue;
    const item = element("li", way.marks & ways.certain ? "" : "maybe-path"), acts = element("ol", "steps");
    for (const act of way.acts) acts.append(element("li", "", text(act)));
    item.append(element("p", "", "Comes to " + (everything ? "an administrator's rights" : gained.join(", ")) + ":"), acts);
    for (const doubt of way.doubts) item.append(element("p", "maybe-text", "Possible: " + text(doubt)));
    list.append(item);
  }
  return list.children.length ? [element("h3", "", "Indirect"), list] : [];
}

document.getElementById("panel-close").addEventListener("click", closePanel);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closePanel(); });
panelBody.addEventListener("click", (event) => {
  if (!event.target.matches("a")) return;
  const finding = document.getElementById(event.target.hash.slice(1));
  panel.hidden = true;
  document.body.classList.remove("with-panel");
  if (!finding) return;
  finding.closest("details").open = true;
  finding.focus();
});
