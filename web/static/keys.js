// The keyboard map. Works on plain pages; off inside inputs; a person can switch it off (kept in this browser).
// What a key does on a page is written at the element: data-key="r" is clicked (or what can be clicked in it).
const OFF = "casework-keys-off";
let off = false;
try { off = localStorage.getItem(OFF) === "1"; } catch { off = false; }

const typing = (element) => element && (element.isContentEditable || /^(TEXTAREA|SELECT)$/.test(element.tagName)
  || (element.tagName === "INPUT" && !/^(checkbox|radio|button|submit|reset)$/.test(element.type)));
const rows = () => [...document.querySelectorAll('[data-keys="rows"] tbody tr:not(.sec)')].filter((row) => row.querySelector("a"));
const current = () => document.querySelector("tr[data-here]") || document.activeElement?.closest?.("tr[data-item]");
const form = () => document.querySelector("form[data-form]");
let here = -1;
let leader = "";

function move(step) {
  const all = rows();
  if (!all.length) return;
  here = Math.max(0, Math.min(all.length - 1, here + step));
  for (const row of all) delete row.dataset.here;
  all[here].dataset.here = "";
  all[here].querySelector("b a, a").focus({ preventScroll: true });
  all[here].scrollIntoView({ block: "nearest" });
}

function press(element) {
  const target = element.matches("a,button,input") ? element : element.querySelector("a,button");
  if (target) target.click();
}

function take() {
  const some = document.querySelector('input[name="item"]:checked');
  const bulk = document.querySelector('form#bulk button[value="claim"]');
  if (some && bulk) { bulk.click(); return true; }
  const row = current();
  const claim = document.getElementById("claim");
  if (!row?.dataset.item || !claim) return false;
  claim.action = `/tasks/${row.dataset.item}/claim`;
  claim.requestSubmit();
  return true;
}

async function showMap() {
  let dialog = document.querySelector("dialog.map-of-keys");
  if (!dialog) {
    const answer = await fetch("/keys?part=1", { credentials: "same-origin" });
    if (!answer.ok) { location.assign("/keys"); return; }
    dialog = document.createElement("dialog");
    dialog.className = "map-of-keys";
    dialog.setAttribute("aria-labelledby", "key-map");
    dialog.innerHTML = await answer.text(); // our own page
    document.body.append(dialog);
    wireToggle(dialog);
  }
  if (!dialog.open) dialog.showModal(); // gives the focus back to where it was when it closes
}

const go = { i: "/", o: "/?due=late", c: "/cases" };
const onRow = {
  x: (row) => { const box = row.querySelector('input[name="item"]'); if (box) box.click(); return box; },
  p: (row) => { const link = row.querySelector("[data-peek]"); if (link) link.click(); return link; },
  r: (row) => { if (!row.dataset.item) return false; location.assign(`/tasks/${row.dataset.item}/hand/return`); return true; },
};
const alone = {
  j: () => { move(1); return true; },
  k: () => { move(-1); return true; },
  a: take,
  e: () => { const button = form()?.querySelector("button.btn[type=submit]"); if (button) button.focus(); return button; },
  "/": () => { const search = [...document.querySelectorAll("input[type=search]")].find((field) => field.offsetParent); if (search) search.focus(); return search; },
  "?": () => { showMap(); return true; },
  escape: () => { const up = document.querySelector(".crumb a:nth-last-of-type(1)"); if (up && !document.querySelector("dialog[open]")) up.click(); return up; },
};

document.addEventListener("keydown", (event) => {
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (control && key === "enter") {
    const button = form()?.querySelector("button.btn[type=submit]");
    if (button) { event.preventDefault(); form().requestSubmit(button); }
    return;
  }
  if (control && key === "s") {
    const button = form()?.querySelector('button[name=intent][value="draft"]');
    if (button) { event.preventDefault(); form().requestSubmit(button); }
    return;
  }
  if (key === "escape" && typing(event.target)) { event.target.blur(); return; }
  if (off || control || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (leader === "g" && go[key]) { leader = ""; location.assign(go[key]); return; }
  leader = key === "g" ? "g" : "";
  const row = current();
  const written = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  let done;
  if (written) { press(written); done = true; }
  else if (row && onRow[key]) done = onRow[key](row);
  else if (alone[key]) done = alone[key]();
  if (done) event.preventDefault();
});

function wireToggle(where) {
  const toggle = where.querySelector("[data-keys-toggle]");
  if (!toggle) return;
  const label = () => { toggle.textContent = off ? toggle.dataset.on : toggle.dataset.off; };
  toggle.hidden = false;
  label();
  toggle.addEventListener("click", () => {
    off = !off;
    try { localStorage.setItem(OFF, off ? "1" : "0"); } catch { /* a browser without storage keeps the choice for this page only */ }
    label();
  });
}
wireToggle(document);
document.querySelector("[data-key-map]")?.addEventListener("click", (event) => { event.preventDefault(); showMap(); });

// An error summary takes the focus, so that it is read first.
const summary = document.getElementById("errors");
if (summary) summary.focus();

// The badge is asked for while somebody looks. It changes quietly; the list itself says when there is something new.
const home = document.querySelector('.mast nav a[href="/"]');
const EVERY = 30_000;
async function look() {
  if (document.hidden || !home) return;
  let answer;
  try { answer = await fetch("/badge", { credentials: "same-origin", headers: { Accept: "application/json" } }); } catch { return; }
  if (answer.status === 401) { clearInterval(timer); document.dispatchEvent(new Event("casework:signed-out")); return; }
  if (!answer.ok) return;
  const { count } = await answer.json();
  let mark = home.querySelector("b");
  if (!mark && count) { mark = document.createElement("b"); home.append(" ", mark); }
  if (!mark || mark.textContent === count) return;
  const more = parseInt(count || "0", 10) > parseInt(mark.textContent || "0", 10);
  mark.textContent = count;
  document.dispatchEvent(new CustomEvent("casework:badge", { detail: { more } }));
}
const timer = home ? setInterval(look, EVERY) : 0;
document.addEventListener("visibilitychange", look);
document.addEventListener("casework:look", look);
