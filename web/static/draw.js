// The page of a draw follows the room: every two seconds it asks whether anything has happened, and shows it.
// Without script the same page is read again by the browser's own reload.
const box = document.querySelector("[data-live]");
const word = document.querySelector("[data-live-word]");
const EVERY = 2000;

async function refresh(mark) {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  if (fresh) box.replaceChildren(...fresh.childNodes);
  box.dataset.mark = mark;
}

async function look() {
  let live = true;
  try {
    const answer = await fetch(box.dataset.live, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const state = await answer.json();
    if (state.mark !== box.dataset.mark) await refresh(state.mark);
    live = state.live;
    word.textContent = live ? word.dataset.following : word.dataset.ended;
  } catch (error) {
    word.textContent = `${word.dataset.lost} (${error.message})`;
  }
  if (live) setTimeout(look, EVERY);
}

if (box) setTimeout(look, EVERY);
