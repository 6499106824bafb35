// The keyboard map. Works on plain pages; off inside inputs; a person can switch it off (kept in this browser).
const OFF = "casework-keys-off";
let off = false;
try { off = localStorage.getItem(OFF) === "1"; } catch { off = false; }

const typing = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
const rows = () => [...document.querySelectorAll('[data-keys="rows"] tbody tr:not(.sec)')].filter((row) => row.querySelector("a"));
let here = -1;
let leader = "";

function move(step) {
  const all = rows();
  if (!all.length) return;
  here = Math.max(0, Math.min(all.length - 1, here + step));
  for (const row of all) delete row.dataset.here;
  all[here].dataset.here = "";
  all[here].querySelector("a").focus({ preventScroll: true });
  all[here].scrollIntoView({ block: "nearest" });
}

const go = { i: "/", o: "/board", c: "/cases" };

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = document.querySelector("form[data-form]");
    const button = form && form.querySelector("button.btn[type=submit]");
    if (button) { event.preventDefault(); form.requestSubmit(button); }
    return;
  }
  if (off || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  if (leader === "g" && go[key]) { leader = ""; location.assign(go[key]); return; }
  leader = key === "g" ? "g" : "";
  if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  } else return;
  if (key !== "/") event.preventDefault();
});

const toggle = document.querySelector("[data-keys-toggle]");
if (toggle) {
  const label = () => { toggle.textContent = off ? toggle.dataset.on : toggle.dataset.off; };
  toggle.hidden = false;
  label();
  toggle.addEventListener("click", () => {
    off = !off;
    try { localStorage.setItem(OFF, off ? "1" : "0"); } catch { /* a browser without storage keeps the choice for this page only */ }
    label();
  });
}

// An error summary takes the focus, so that it is read first.
const summary = document.getElementById("errors");
if (summary) summary.focus();
