// The document: tables of texts, steps, paths and cells, and the matrix of indexes.
const data = JSON.parse(document.getElementById("data").textContent);
const marks = { gated: 1, own: 2, blocked: 4, doubtful: 8 };
const ways = { certain: 1, everything: 2 };
const flags = { indirect: 1, finding: 2 };
const level = { none: 0, scopes: 1, first: 2 };

// numbersOf decodes base64 of variable-length integers.
function numbersOf(text) {
  const bytes = atob(text);
  const out = new Uint32Array(bytes.length);
  let count = 0, value = 0, scale = 1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    value += (byte & 127) * scale;
    if (byte < 128) { out[count++] = value; value = 0; scale = 1; } else { scale *= 128; }
  }
  return out.subarray(0, count);
}

// reader reads one entry after the other.
function reader(numbers) {
  let at = 0;
  const next = () => numbers[at++];
  const list = () => { const all = numbers.subarray(at + 1, at + 1 + numbers[at]); at += 1 + numbers[at]; return all; };
  return { next, list, more: () => at < numbers.length };
}

function tableOf(text, entry) {
  const from = reader(numbersOf(text)), all = [];
  while (from.more()) all.push(entry(from));
  return all;
}

const text = (index) => data.texts[index];
const steps = tableOf(data.steps, (r) => ({ kind: r.next(), text: r.next() }));
const sets = tableOf(data.sets, (r) => r.list());
const paths = tableOf(data.paths, (r) => {
  const path = { steps: r.list(), set: r.next(), doubt: -1 };
  if (r.next() === 1) path.doubt = r.next();
  return path;
});
const cells = tableOf(data.cells, (r) => ({ certain: r.next(), most: r.next(), marks: r.next(), notes: r.list(), paths: r.list() }));
const matrix = numbersOf(data.matrix);
const rowCount = data.principals.length, columnCount = data.entities.length;
const cellAt = (principal, entity) => cells[matrix[entity * rowCount + principal]];
const kindOf = data.entities.map((e) => data.kinds.indexOf(e.kind));

// What a principal comes to by acts, and what findings name, by cell.
const flagged = new Uint8Array(rowCount * columnCount);
const waysOf = data.principals.map(() => []);
for (const way of tableOf(data.ways, (r) => ({ principal: r.next(), marks: r.next(), acts: r.list(), doubts: r.list(), reaches: r.list() }))) {
  waysOf[way.principal].push(way);
  if (way.marks & ways.everything) {
    for (let e = 0; e < columnCount; e++) {
      const cell = cellAt(way.principal, e), strongest = level.first + data.levels[kindOf[e]].length - 1;
      if (cell.certain < strongest || cell.marks) flagged[e * rowCount + way.principal] |= flags.indirect;
    }
  }
  for (let i = 0; i < way.reaches.length; i += 2) flagged[way.reaches[i] * rowCount + way.principal] |= flags.indirect;
}
const findingsOfRow = new Map(), findingsOfColumn = new Map();
for (const finding of data.findings) {
  const { principal, entity } = finding;
  if (principal >= 0 && entity >= 0) flagged[entity * rowCount + principal] |= flags.finding;
  if (principal >= 0 && entity === -1) for (let e = 0; e < columnCount; e++) flagged[e * rowCount + principal] |= flags.finding;
  if (entity >= 0 && principal === -1) for (let p = 0; p < rowCount; p++) flagged[entity * rowCount + p] |= flags.finding;
}
const flagsAt = (principal, entity) => flagged[entity * rowCount + principal];

function levelName(entity, code) {
  if (code === level.none) return "nothing";
  return code === level.scopes ? "some scopes" : data.levels[kindOf[entity]][code - level.first];
}

function letterOf(entity, code) {
  if (code === level.none) return "";
  return code === level.scopes ? "∗" : levelName(entity, code)[0].toUpperCase();
}

// shortOf is what a cell shows.
function shortOf(principal, entity) {
  const cell = cellAt(principal, entity);
  let out = letterOf(entity, cell.certain);
  if (cell.most !== cell.certain || cell.certain === level.none && cell.paths.length) out += letterOf(entity, cell.most) + "?";
  else if (cell.marks & marks.doubtful) out += "?";
  if (out === "" && data.blind) out = "?";
  if (cell.marks & marks.blocked) out += "×";
  else if (cell.marks & marks.gated) out += "◇";
  if (flagsAt(principal, entity) & flags.indirect) out += "↗";
  return out;
}

// wordsOf is a cell in words.
function wordsOf(principal, entity) {
  const cell = cellAt(principal, entity), said = [];
  if (cell.certain !== level.none) said.push(levelName(entity, cell.certain));
  if (cell.most !== cell.certain) said.push("possibly " + levelName(entity, cell.most));
  if (!said.length) said.push(data.blind ? "cannot tell: nothing found, and not everything could be read" : "nothing");
  if (cell.marks & marks.doubtful) said.push("opening is only possible");
  if (cell.marks & marks.blocked) said.push("cannot open what it imports");
  if (cell.marks & marks.own) said.push("opening takes an approval that it can give itself");
  else if (cell.marks & marks.gated) said.push("opening takes an approval");
  if (flagsAt(principal, entity) & flags.indirect) said.push("indirect: can come to more");
  if (flagsAt(principal, entity) & flags.finding) said.push("named by a finding");
  return said.join(", ");
}

const kindNames = { servicePrincipal: "service principal" };
const titleOf = (one) => (kindNames[one.kind] || one.kind) + " " + one.name + (one.note === "suspended" ? " (suspended)" : "");
