// The page of a call: a press on an arrow of the ladder opens its message
// beside it; messages and ids can be copied.

interface Message {
  seq: number;
  text: string;
}

let fetched: { id: string; messages: Promise<Message[]> } | undefined;

/** whole is a message as it was on the wire: what the page shows is made fit for the eye. */
async function whole(id: string, seq: number): Promise<string> {
  if (fetched?.id !== id) {
    const messages = fetch(`/v1/calls/${encodeURIComponent(id)}/messages`)
      .then((r) => (r.ok ? (r.json() as Promise<{ messages: Message[] }>) : { messages: [] }))
      .then((m) => m.messages);
    fetched = { id, messages };
  }
  return (await fetched.messages).find((m) => m.seq === seq)?.text ?? "";
}

async function copy(button: HTMLElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    button.dataset.copied = "yes";
  } catch {
    button.dataset.copied = "no"; // the browser does not allow it here
  }
  setTimeout(() => delete button.dataset.copied, 1500);
}

/** choose opens the message of an event and marks its arrow. */
function choose(seq: string, scroll: boolean): void {
  for (const d of document.querySelectorAll<HTMLDetailsElement>(".messages details")) {
    const here = d.id === `event-${seq}`;
    d.open = here;
    if (here && scroll) d.scrollIntoView({ block: "nearest", behavior: "auto" });
  }
  for (const a of document.querySelectorAll<SVGElement>(".ladder [data-event]")) a.classList.toggle("chosen", a.dataset.event === seq);
}

export function startCall(): void {
  const list = document.querySelector<HTMLElement>("[data-messages]");
  document.addEventListener("click", (e) => {
    if (!(e.target instanceof Element)) return;
    const plain = e.target.closest<HTMLElement>("[data-copy]");
    if (plain) void copy(plain, plain.dataset.copy ?? "");
    const button = e.target.closest<HTMLElement>("[data-copy-message]");
    if (button && list) void whole(list.dataset.messages ?? "", Number(button.dataset.copyMessage)).then((text) => copy(button, text));
    const link = e.target.closest('a[href^="#event-"]');
    if (link && list) {
      e.preventDefault();
      const seq = (link.getAttribute("href") ?? "").slice("#event-".length);
      choose(seq, true);
      history.replaceState(null, "", `#event-${seq}`);
    }
  });
  if (!list) return;
  const asked = /^#event-(\d+)$/.exec(location.hash)?.[1];
  const first = asked ?? list.dataset.decider;
  if (first) choose(first, asked !== undefined);
}
