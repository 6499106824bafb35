// What one types is kept on the server while one types, without the checks; files are not sent along.
const form = document.querySelector("form[data-form]");
const told = document.querySelector("[data-autosave]");
const PAUSE = 4000;
let waiting = 0;
let last = "";

function typed() {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File || name === "intent") data.delete(name);
  data.delete("idempotency_key");
  return new URLSearchParams(data);
}

function lost() {
  const link = document.createElement("a");
  link.href = `/sign-in?next=${encodeURIComponent(location.pathname)}`;
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = told.dataset.signIn;
  told.replaceChildren(`${told.dataset.lost} `, link);
}

async function save() {
  const data = typed();
  const text = data.toString();
  if (text === last) return;
  data.set("intent", "draft");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin", headers: { Accept: "application/json" } });
    if (answer.status === 401) { lost(); return; }
    if (!answer.ok) return; // somebody was first, or the page is too old: submitting says which
    last = text;
    told.textContent = `${told.dataset.saved} ${(await answer.json()).saved}`;
  } catch {
    told.textContent = told.dataset.offline;
    waiting = setTimeout(save, PAUSE * 2);
  }
}

if (form && told) {
  last = typed().toString();
  const later = () => { clearTimeout(waiting); waiting = setTimeout(save, PAUSE); };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => clearTimeout(waiting));
  document.addEventListener("casework:signed-out", lost);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
}
