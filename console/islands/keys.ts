// The keyboard: / searches, j and k walk through rows, Enter opens, g and a
// letter goes to a page, ? shows all of it.

function typing(e: KeyboardEvent): boolean {
  const t = e.target;
  return t instanceof HTMLInputElement || t instanceof HTMLTextAreaElement || t instanceof HTMLSelectElement || (t instanceof HTMLElement && t.isContentEditable);
}

function rows(): HTMLTableRowElement[] {
  return [...document.querySelectorAll<HTMLTableRowElement>("table[data-rows] tbody tr")].filter((r) => r.offsetParent !== null);
}

function walk(step: number): void {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((r) => r.classList.contains("at"));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  all.forEach((r, i) => r.classList.toggle("at", i === next));
  const row = all[next];
  row?.querySelector<HTMLElement>("a.row")?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

export function startKeys(): void {
  let went = 0; // when g was pressed
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const help = document.querySelector<HTMLDialogElement>("#help");
    if (typing(e)) {
      if (e.key === "Escape" && e.target instanceof HTMLElement) e.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (Date.now() - went < 1500) {
      went = 0;
      const link = document.querySelector<HTMLAnchorElement>(`a[data-go="${CSS.escape(e.key)}"]`);
      if (link) {
        e.preventDefault();
        link.click();
        return;
      }
    }
    switch (e.key) {
      case "/":
        e.preventDefault();
        document.querySelector<HTMLInputElement>("#q")?.select();
        document.querySelector<HTMLInputElement>("#q")?.focus();
        break;
      case "j":
        walk(1);
        break;
      case "k":
        walk(-1);
        break;
      case "g":
        went = Date.now();
        break;
      case "?":
        help?.showModal();
        break;
      default: {
        const command = document.querySelector<HTMLElement>(`tr.at [data-key="${CSS.escape(e.key)}"]`);
        if (!command) break;
        e.preventDefault(); // what the command opens is not to have the key in it
        command.click();
      }
    }
  });
  // A press anywhere on a row opens it, unless it was on something that does more.
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element) || e.target.closest("a,button,input,label,summary,select") || getSelection()?.toString()) return;
    e.target.closest("table[data-rows] tbody tr")?.querySelector<HTMLAnchorElement>("a.row")?.click();
  });
}
