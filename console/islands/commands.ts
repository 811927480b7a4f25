// Commands for the calls of a list, without leaving it: a form with data-quiet is
// sent in the background, and what the server says of it is shown for a while. A
// link with data-tell opens the dialog that asks what the command needs.

let hiding = 0;

/** tell shows what came of a command. */
function tell(text: string, failed: boolean): void {
  const toast = document.querySelector<HTMLElement>("#toast");
  if (!toast) return;
  toast.textContent = text;
  toast.className = failed ? "failed shown" : "shown";
  clearTimeout(hiding);
  hiding = window.setTimeout(() => toast.classList.remove("shown"), failed ? 12_000 : 5000);
}

async function send(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  try {
    const body = new URLSearchParams([...new FormData(form, button)].map(([k, v]) => [k, String(v)]));
    const resp = await fetch(form.action, { method: "POST", body });
    if (resp.status === 401) location.reload(); // the session is over
    const page = new DOMParser().parseFromString(await resp.text(), "text/html");
    const problem = page.querySelector(".problem");
    if (problem) {
      const text = [...problem.querySelectorAll("h1, h1 + p, li")].map((e) => e.textContent?.trim()).join(" \u2013 ");
      tell(text, true);
    } else {
      tell(page.querySelector(".said")?.textContent ?? "Done.", false);
      form.closest("dialog")?.close();
    }
  } catch {
    tell("The server cannot be reached. Nothing is known of the command.", true);
  }
  dispatchEvent(new Event("changed"));
}

/** ask opens the dialog for a command on the call of a row. */
function ask(dialog: HTMLDialogElement, row: HTMLElement, what: string): void {
  const id = row.dataset.call ?? "";
  const number = (r: Element): string => [...r.querySelectorAll(".number")].map((n) => n.textContent ?? "").join(" \u2192 ");
  dialog.querySelector("[data-what]")!.textContent = what === "play" ? "Play to" : "Transfer";
  dialog.querySelector("[data-who]")!.textContent = number(row);
  const others = [...document.querySelectorAll<HTMLElement>("tr[data-call]")].filter((r) => r !== row);
  dialog.querySelector<HTMLSelectElement>("select[name=with]")!.replaceChildren(...others.map((r) => new Option(number(r), r.dataset.call)));
  for (const form of dialog.querySelectorAll<HTMLFormElement>("form[data-for]")) {
    form.action = `/calls/${encodeURIComponent(id)}/${form.dataset.for}`;
    form.hidden = form.dataset.for !== what || ("join" in form.dataset && others.length === 0);
    form.reset();
  }
  dialog.showModal();
  dialog.querySelector<HTMLInputElement>("form:not([hidden]) input:not([type=hidden])")?.focus();
}

export function startCommands(): void {
  document.addEventListener("submit", (e) => {
    if (!(e.target instanceof HTMLFormElement) || !("quiet" in e.target.dataset)) return;
    e.preventDefault();
    void send(e.target, e.submitter);
  });
  const dialog = document.querySelector<HTMLDialogElement>("#tell");
  if (!dialog) return;
  document.addEventListener("click", (e) => {
    const link = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-tell]") : null;
    const row = link?.closest<HTMLElement>("tr[data-call]");
    if (!link || !row || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    ask(dialog, row, link.dataset.tell ?? "");
  });
}
